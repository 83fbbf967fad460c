// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import dev.nfkit.Errno;
import dev.nfkit.SystemCallException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The requirements of native calls: 64-bit Linux of a known layout, and either FFM or a JNA that can be loaded. */
final class Machine {
    private static boolean ready;
    private static @Nullable String obstacle;

    private Machine() {}

    /**
     * Loads the C library's calls, once.
     *
     * @throws SystemCallException with ENOSYS if that is not possible, naming cause and cure
     */
    static synchronized void require() throws SystemCallException {
        if (!ready && obstacle == null) {
            obstacle = unsuited(
                    System.getProperty("os.name", ""),
                    System.getProperty("os.arch", ""),
                    ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN);
            if (obstacle == null) {
                obstacle = load();
            }
            ready = obstacle == null;
        }
        if (obstacle != null) {
            throw new SystemCallException("load the calls of Linux", Errno.ENOSYS, obstacle);
        }
    }

    /** Why a platform is not supported, or null if it is. */
    static @Nullable String unsuited(String system, String architecture, boolean littleEndian) {
        if (!system.equals("Linux")) {
            return "nfkit-linux runs on Linux, and this is " + system
                    + "; elsewhere replay a recorded trace with nfkit-testkit";
        }
        boolean known = switch (architecture.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64", "aarch64" -> true;
            default -> false;
        };
        if (!known || !littleEndian) {
            return "nfkit-linux knows the memory layouts of x86-64 and aarch64, and this JVM's architecture is "
                    + architecture + "; take a 64-bit JVM of one of these";
        }
        return null;
    }

    private static @Nullable String load() {
        try {
            String unused = LibC.way(); // initializes it
            return null;
        } catch (LinkageError e) {
            return LoadFailure.explain(e, ForeignLinker.supported());
        }
    }

    /** The error number of the call that just failed on this thread. */
    static Errno errno() {
        return Errno.of(LibC.errno());
    }

    /** As {@link #errno()}, for hot paths. */
    static int errnoNumber() {
        return LibC.errno();
    }

    /** The failed call as an exception; to be called immediately, on the thread of the failed call. */
    static SystemCallException failed(String call, @Nullable String cure) {
        return new SystemCallException(call, errno(), cure);
    }

    /** The address of a direct buffer, ignoring its position. It allocates: not for hot paths. */
    static long address(ByteBuffer direct) {
        return LibC.address(direct);
    }
}
