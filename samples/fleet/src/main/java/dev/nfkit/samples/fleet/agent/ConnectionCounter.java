// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.agent;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.StatefulObject;
import dev.nfkit.nftables.TableId;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.socket.NetlinkTransport;
import java.util.UUID;

/**
 * The number of connections that the kernel has made: a named counter of nftables in a table of its own, {@code inet
 * nfkit-fleet}. The kernel has no such number itself: {@code new} and {@code insert} of its statistics are always 0.
 *
 * <p>The table stays when the agent ends, so that connections are counted while none runs. The counter's comment is an id,
 * which shows that the table is still the same. {@code nft delete table inet nfkit-fleet} removes it.
 *
 * <p>A connection is counted by its first packet, just before {@code nf_confirm()} puts it into the table and sends the event
 * of its beginning: by a packet whose connection is not confirmed yet, in base chains with the last priority but one. Nothing
 * drops it after that but {@code nf_confirm()} itself, if another packet has made the same connection at the same time ({@code
 * insert_failed} and {@code clash_resolve} of {@code conntrack -S}), which is counted twice then. Counting the packets of
 * the connection would not do: the kernel leaves out retransmitted SYNs ({@code nf_conntrack_tcp_packet()}).
 *
 * <p>Expected connections, such as those of FTP, begin in the state {@code related}. What is made by netlink (conntrackd,
 * {@code conntrack -I}) is not counted.
 */
public final class ConnectionCounter implements AutoCloseable {
    private static final TableId TABLE = TableId.inet("nfkit-fleet");
    private static final String COUNTER = "connections";

    private static final String COUNTING = """
            table inet nfkit-fleet {
                counter connections { comment "%s"; }
                chain input {
                    type filter hook input priority 2147483646; policy accept;
                    ct state new,related ct status & confirmed == 0 counter name "connections"
                }
                chain postrouting {
                    type filter hook postrouting priority 2147483646; policy accept;
                    ct state new,related ct status & confirmed == 0 counter name "connections"
                }
            }
            """;

    private final Nftables nftables;
    private final String id;
    private final boolean made;

    private ConnectionCounter(Nftables nftables, String id, boolean made) {
        this.nftables = nftables;
        this.id = id;
        this.made = made;
    }

    /**
     * Finds the counter, or installs it.
     *
     * @param transport the network namespace
     * @return the counter; the caller closes it, and it stays in the kernel
     * @throws NetlinkException if the kernel refuses it
     */
    public static ConnectionCounter open(NetlinkTransport transport) throws NetlinkException {
        Nftables nftables = Nftables.open(transport);
        boolean opened = false;
        try {
            String found = find(nftables);
            String id = found;
            if (id.isEmpty()) {
                id = UUID.randomUUID().toString();
                nftables.commit(new Batch().add(Ruleset.parse(COUNTING.formatted(id))));
            }
            opened = true;
            return new ConnectionCounter(nftables, id, found.isEmpty());
        } finally {
            if (!opened) {
                nftables.close();
            }
        }
    }

    private static String find(Nftables nftables) throws NetlinkException {
        for (StatefulObject object : nftables.list().objects(TABLE)) {
            if (object.name().equals(COUNTER)) {
                return object.comment().orElse("unnamed");
            }
        }
        return "";
    }

    /**
     * What distinguishes this counter from another that is installed after it.
     *
     * @return the comment
     */
    public String id() {
        return id;
    }

    /**
     * Whether there was no counter before.
     *
     * @return true if this call of {@link #open} installed it
     */
    public boolean isNew() {
        return made;
    }

    /**
     * The number of connections since the counter was installed.
     *
     * @return a count
     * @throws NetlinkException if it cannot be read
     * @throws IllegalStateException if it was removed or installed anew
     */
    public long read() throws NetlinkException {
        for (StatefulObject object : nftables.list().objects(TABLE)) {
            if (object.name().equals(COUNTER)
                    && object.comment().orElse("unnamed").equals(id)) {
                return object.state()
                        .map(state -> ((Counter) state).packets())
                        .orElseThrow(() -> new IllegalStateException("the counter has no state"));
            }
        }
        throw new IllegalStateException("the counter of connections was removed (table inet nfkit-fleet)");
    }

    @Override
    public void close() {
        nftables.close();
    }
}
