// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.tuning;

import dev.nfkit.testkit.live.TestNamespace;

/** A namespace whose packets to {@link Datagrams#PORT} go to a group or queue, and are dropped where they would be received. */
final class Place implements AutoCloseable {
    private final TestNamespace namespace;

    Place(String target) throws Exception {
        namespace = TestNamespace.open();
        try {
            rule("-A INPUT -p udp -j DROP"); // otherwise the kernel answers each packet with an ICMP error
            rule("-A OUTPUT -p udp --dport " + Datagrams.PORT + " -j " + target);
        } catch (Throwable e) {
            namespace.close();
            throw e;
        }
    }

    private void rule(String rule) throws Exception {
        namespace.exec(("iptables -w " + rule).split(" "));
    }

    TestNamespace namespace() {
        return namespace;
    }

    @Override
    public void close() {
        namespace.close();
    }
}
