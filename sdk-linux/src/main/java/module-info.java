/** The netlink transport of Linux. */
module dev.nfkit.linux {
    requires com.sun.jna;
    requires transitive dev.nfkit;
    requires static transitive org.jspecify;

    exports dev.nfkit.linux;
}
