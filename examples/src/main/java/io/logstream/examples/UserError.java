package io.logstream.examples;

import java.io.IOException;
import java.nio.file.FileSystemException;

/** Something that the user of the command can put right: told in one line, without a stack trace. */
final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UserError(String message) {
        super(message);
    }

    /** What is wrong with a file, without its name. */
    static String reason(IOException e) {
        if (e instanceof FileSystemException file) {
            String reason = file.getReason();
            return reason != null ? reason : e.getClass().getSimpleName().replace("Exception", "");
        }
        String message = e.getMessage();
        return message != null ? message : e.toString();
    }
}
