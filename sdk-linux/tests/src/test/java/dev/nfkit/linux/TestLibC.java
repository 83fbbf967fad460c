// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/** C functions that only tests need. */
final class TestLibC {
    static {
        Native.register(TestLibC.class, NativeLibrary.getProcess());
    }

    static native long sendto(int fd, long buffer, long length, int flags, long address, int addressLength);

    static native int tgkill(int process, int thread, int signal);

    private TestLibC() {}
}
