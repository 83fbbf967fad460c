// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

/** What became of a request to end a connection's socket. */
public enum DestroyResult {
    /** The socket was ended: the process gets ECONNABORTED, and TCP sends a RST to the other end. */
    DESTROYED,
    /** There is no such socket here: the connection is forwarded, or its socket was closed. */
    NO_SOCKET,
    /** The socket listens or is not connected, so that it serves other connections, too: it was left alone. */
    SHARED
}
