/** The tests of the firewall, from outside. */
open module com.example.egress.test {
    requires com.example.egress;
    requires dev.nfkit.testkit.junit;
    requires org.junit.jupiter.api;
}
