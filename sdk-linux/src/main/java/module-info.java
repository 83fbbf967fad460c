// SPDX-License-Identifier: Apache-2.0
/** The netlink transport of Linux, by FFM or JNA. */
module dev.nfkit.linux {
    requires transitive dev.nfkit;
    requires com.sun.jna;
    requires static transitive org.jspecify;

    exports dev.nfkit.linux;
}
