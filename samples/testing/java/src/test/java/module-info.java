/** Tests the firewall from a module of its own. */
open module com.example.egress.test {
    requires com.example.egress;
    requires dev.nfkit.testkit.junit;
    requires dev.nfkit.testkit.live;
    requires org.junit.jupiter.api;
}
