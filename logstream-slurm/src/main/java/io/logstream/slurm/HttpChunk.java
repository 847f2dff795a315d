package io.logstream.slurm;

/**
 * What a server has answered for a part of a log.
 *
 * @param bytes the bytes, from the place that was asked for on
 * @param isWhole whether there were as many as were asked for
 * @param total how long the log is now, or -1 where that is not told
 * @param isMissing whether there is no log
 * @param isComplete whether the server says that nothing more comes
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
record HttpChunk(byte[] bytes, boolean isWhole, long total, boolean isMissing, boolean isComplete) {
    static HttpChunk missing(boolean isComplete) {
        return new HttpChunk(new byte[0], false, -1, true, isComplete);
    }
}
