// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads and writes small files of {@code /proc} by direct system calls: an exception of java.nio.file hides the error
 * number, and a file under {@code /proc} depends on the thread that opens it.
 */
final class ProcFile {
    private static final int LARGEST = 16 << 20;

    private ProcFile() {}

    /** Opens a file without waiting; returns the descriptor, or −1 with errno. */
    static int open(Path path, int flags) {
        NativeBlock name = NativeBlock.string(path.toString());
        int fd = LibC.open(name.address, flags | Abi.O_CLOEXEC | Abi.O_NONBLOCK);
        name.keep();
        return fd;
    }

    /** The whole text of a file, 16 MiB at most. */
    static String read(Path path) throws NetlinkException {
        int fd = open(path, Abi.O_RDONLY);
        if (fd < 0) {
            throw Machine.failed("open(" + path + ")", null);
        }
        try {
            NativeBlock block = new NativeBlock(65536);
            byte[] text = new byte[4096];
            int length = 0;
            while (length < LARGEST) {
                long count = LibC.read(fd, block.address, block.bytes.capacity());
                if (count < 0) {
                    Errno errno = Machine.errno();
                    if (errno.equals(Errno.EINTR)) {
                        continue;
                    }
                    throw new SystemCallException("read(" + path + ")", errno, null);
                }
                if (count == 0) {
                    break;
                }
                if (length + count > text.length) {
                    text = Arrays.copyOf(text, Math.max(length + (int) count, 2 * text.length));
                }
                block.bytes.get(0, text, length, (int) count);
                length += (int) count;
            }
            return new String(text, 0, length, StandardCharsets.UTF_8);
        } finally {
            LibC.close(fd);
        }
    }

    /** Writes a text in one call, as required for files under {@code /proc/sys}. */
    static void write(Path path, String text) throws NetlinkException {
        int fd = open(path, Abi.O_WRONLY);
        if (fd < 0) {
            throw Machine.failed("open(" + path + ")", null);
        }
        try {
            NativeBlock block = NativeBlock.string(text);
            long count = LibC.write(fd, block.address, block.bytes.capacity() - 1);
            if (count < 0) {
                throw Machine.failed("write(" + path + ", \"" + text + "\")", null);
            }
            block.keep();
        } finally {
            LibC.close(fd);
        }
    }
}
