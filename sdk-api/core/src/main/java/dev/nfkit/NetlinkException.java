package dev.nfkit;

import java.io.IOException;

/**
 * Whatever can go wrong between a program and netfilter. Its three cases say where: the kernel answered a request with
 * an error ({@link KernelRefusedException}), a system call failed ({@link SystemCallException}), or bytes were not what
 * the protocol says ({@link MalformedMessageException}).
 *
 * <p>A message reads like {@code bind NFLOG group 5: EPERM (Operation not permitted): port 4711 (ulogd, pid 812) owns
 * this group}: what was tried, what came back, and the cause and cure where they are known.
 */
public abstract sealed class NetlinkException extends IOException
        permits KernelRefusedException, SystemCallException, MalformedMessageException {
    private static final long serialVersionUID = 1L;

    NetlinkException(String message) {
        super(PrintableText.of(message)); // names of processes, devices and files may be in it
    }
}
