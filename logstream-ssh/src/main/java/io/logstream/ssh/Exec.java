package io.logstream.ssh;

import java.io.Closeable;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** A command that runs on the host, over a channel of its own. Threadsafe. */
interface Exec extends Closeable {

    /** Is told what is printed. */
    interface Output {
        /** This was printed; the bytes are the caller's. */
        void have(byte[] bytes, int offset, int length);
    }

    /** Is told what a command does, by threads that must not be held up. */
    interface Sink {

        /** It printed this; the bytes are the caller's. */
        void out(byte[] bytes, int offset, int length);

        /** It printed this as errors; perhaps while another thread tells what it printed. */
        void errors(byte[] bytes, int offset, int length);

        /**
         * It has ended; comes once, and last.
         *
         * @param status its exit status, or -1
         * @param lost why there is none, or null
         */
        void ended(int status, @Nullable Exception lost);
    }

    /** What the command reads; written by one thread. */
    OutputStream in();

    /** Ends the channel, which is the end of what the command reads, and wakes whoever writes. Closing twice does nothing. */
    @Override
    void close();
}
