// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.message.Numbers;

/**
 * The connection of a {@link TestPacket}, apart from its state. Not safe for several threads.
 *
 * <pre>{@code
 * packet.connection(ConnectionState.ESTABLISHED, connection -> connection.reply().mark(7));
 * }</pre>
 */
public final class TestConnection {
    private static final int MAX_ZONE = 0xffff;

    private final ConnectionFacts facts;

    TestConnection(ConnectionFacts facts) {
        this.facts = facts;
    }

    /**
     * Makes the packet one of the reply direction.
     *
     * @return this connection
     */
    public TestConnection reply() {
        facts.reply = true;
        return this;
    }

    /**
     * Sets the mark that the connection has at first.
     *
     * @param mark 0 to 2³²−1; 0 unless set
     * @return this connection
     */
    public TestConnection mark(long mark) {
        facts.mark = Numbers.u32("mark", mark);
        return this;
    }

    /**
     * Sets its zone, unless a rule chooses one.
     *
     * @param zone 0 to 65535; 0 unless set
     * @return this connection
     */
    public TestConnection zone(int zone) {
        if (zone < 0 || zone > MAX_ZONE) {
            throw new IllegalArgumentException("zone " + zone + " is not in 0 to " + MAX_ZONE);
        }
        facts.zone = zone;
        return this;
    }

    /**
     * Sets its status, which {@code ct status} reads. Rules that translate addresses add their bits.
     *
     * @param bits {@code IPS_*}, such as 2 for SEEN_REPLY and 4 for ASSURED; 0 unless set
     * @return this connection
     */
    public TestConnection status(int bits) {
        facts.status = bits;
        return this;
    }
}
