/** A firewall for what leaves a machine. */
module com.example.egress {
    requires transitive dev.nfkit;

    exports com.example.egress;
}
