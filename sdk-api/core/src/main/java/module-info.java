/** Netfilter in pure Java. */
module dev.nfkit {
    requires static transitive org.jspecify;

    exports dev.nfkit;
}
