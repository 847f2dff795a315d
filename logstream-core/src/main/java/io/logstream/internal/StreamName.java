package io.logstream.internal;

import java.nio.charset.Charset;

/**
 * What names a stream in lines and tokens.
 *
 * @param id its id
 * @param charset how its lines are decoded
 * @param idHash the hash of the id in tokens
 * @param sourceHash the hash of its source's identity in tokens
 */
record StreamName(String id, Charset charset, long idHash, long sourceHash) {
    StreamName(String id, Charset charset, String sourceIdentity) {
        this(id, charset, Token.hash(id), Token.hash(sourceIdentity));
    }
}
