/** Firewalls: one of a program only, one of rules and a program. */
module com.example.egress {
    requires transitive dev.nfkit;

    exports com.example.egress;
    exports com.example.gateway;
}
