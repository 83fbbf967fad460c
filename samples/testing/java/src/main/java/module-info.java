/** A firewall for outgoing packets. */
module com.example.egress {
    requires transitive dev.nfkit;

    exports com.example.egress;
}
