package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.ssh.RemoteResult;
import io.logstream.ssh.SshConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Runs programs of Slurm on another machine, over SSH. Threadsafe. */
final class SshProgram implements Commands {
    private final SshConnection connection;
    private final Map<String, String> environment;
    private final Duration timeout;

    SshProgram(SshConnection connection, Map<String, String> environment, Duration timeout) {
        this.connection = connection;
        this.environment = Map.copyOf(environment);
        this.timeout = timeout;
    }

    @Override
    public Said run(List<String> command) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("env"));
        UNWANTED.forEach(name -> words.addAll(List.of("-u", name)));
        WANTED.forEach((name, value) -> words.add(name + "=" + value));
        environment.forEach((name, value) -> words.add(name + "=" + value));
        words.addAll(command);
        CompletableFuture<RemoteResult> answer;
        try {
            answer = connection.run(words, new byte[0], timeout);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        try {
            RemoteResult result = answer.get();
            if (result.status() == 127 || result.status() == 126) {
                throw new LogStreamException("the program '" + Text.shown(command.get(0)) + "' can't be run on "
                        + connection.host() + ": say where Slurm's commands are there; " + Text.shown(result.errors()));
            }
            return new Said(result.status(), result.out(), result.errors());
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof LogStreamException) {
                throw new LogStreamException(String.valueOf(cause.getMessage()), cause);
            }
            throw new IOException(String.valueOf(cause == null ? e.getMessage() : cause.getMessage()), e);
        } finally {
            answer.cancel(true);
        }
    }
}
