// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.statement.Assignment;
import dev.nfkit.nftables.statement.Match;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.session.Failures;
import dev.nfkit.session.SessionLog;
import dev.nfkit.socket.NetlinkTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A rule that is installed for a session. Sessions use it; applications set a {@link PacketRule} in a session's options.
 *
 * <p>Safe for any number of threads.
 */
public final class InstalledRule implements AutoCloseable {
    private static final String OUTPUT = "output";

    private static final Statement TRACE = new Assignment(Meta.NFTRACE, Constant.of(Meta.NFTRACE, 1));

    private final Nftables client;
    private final Optional<TableId> ownTable;
    private final Batch removal;
    private boolean detached;

    private InstalledRule(Nftables client, Optional<TableId> ownTable, Batch removal) {
        this.client = client;
        this.ownTable = ownTable;
        this.removal = removal;
    }

    /**
     * Installs a rule.
     *
     * @param transport the network namespace
     * @param rule which packets
     * @param actions what becomes of them: the first that this kernel has is used
     * @return the installed rule; the session closes it
     * @throws BatchRefusedException if the kernel refuses it
     * @throws NetlinkException if a socket fails
     */
    public static InstalledRule install(NetlinkTransport transport, PacketRule rule, List<? extends Statement> actions)
            throws NetlinkException {
        return install(transport, rule, actions, true);
    }

    /**
     * Installs a rule that traces packets ({@code meta nftrace set 1}). Packets that this host sends to itself are traced at
     * all hooks of the rule.
     *
     * @param transport the network namespace
     * @param rule which packets
     * @return the installed rule; the session closes it
     * @throws BatchRefusedException if the kernel refuses it
     * @throws NetlinkException if a socket fails
     */
    public static InstalledRule trace(NetlinkTransport transport, PacketRule rule) throws NetlinkException {
        return install(transport, rule, List.of(TRACE), false);
    }

    private static InstalledRule install(
            NetlinkTransport transport, PacketRule rule, List<? extends Statement> actions, boolean once)
            throws NetlinkException {
        Nftables client = Nftables.open(transport);
        try {
            return install(client, rule, actions, once);
        } catch (Throwable e) {
            Failures.closeAfter(client, e);
            throw e;
        }
    }

    private static InstalledRule install(
            Nftables client, PacketRule rule, List<? extends Statement> actions, boolean once) throws NetlinkException {
        for (int i = 0; ; i++) {
            try {
                return rule.table().isPresent()
                        ? installInChain(client, rule, rule.table().get(), actions.get(i))
                        : installInOwnTable(client, rule, actions.get(i), once);
            } catch (BatchRefusedException e) {
                if (i + 1 == actions.size() || !isMissing(e)) {
                    throw e;
                }
            }
        }
    }

    /** Whether the kernel lacks the action, and was fine with all before it. */
    private static boolean isMissing(BatchRefusedException refusal) {
        return refusal.refused().stream()
                .allMatch(change ->
                        change.errno().equals(Errno.ENOENT) || change.errno().equals(Errno.EOPNOTSUPP));
    }

    private static InstalledRule installInOwnTable(Nftables client, PacketRule rule, Statement action, boolean once)
            throws NetlinkException {
        TableId table = new TableId(rule.family(), "nfkit-" + client.portId());
        Table owned = Table.owned(table);
        Batch batch = new Batch().add(owned);
        for (String hook : rule.hooks()) {
            batch.add(Chain.base(table, hook, PacketRule.hook(rule.family(), hook, rule.priority())));
            boolean twice = once && hook.equals(OUTPUT) && rule.hooks().size() > 1;
            batch.add(Rule.of(table, hook, statements(rule, action, twice), SetType.Lookup.NONE));
        }
        client.commit(batch);
        return new InstalledRule(client, Optional.of(table), new Batch().flush(owned));
    }

    private static InstalledRule installInChain(Nftables client, PacketRule rule, TableId table, Statement action)
            throws NetlinkException {
        Rule added = Rule.of(table, rule.chain(), statements(rule, action, false), SetType.Lookup.NONE);
        Commit commit = client.commit(new Batch().add(added).returnHandles());
        OptionalLong handle = commit.handle(0);
        if (handle.isEmpty()) {
            throw new IllegalStateException("the kernel did not return the handle of " + added);
        }
        return new InstalledRule(
                client,
                Optional.empty(),
                new Batch().delete(Rule.in(table, rule.chain()).handle(handle.getAsLong())));
    }

    private static List<Statement> statements(PacketRule rule, Statement action, boolean notToItself) {
        List<Statement> statements = new ArrayList<>();
        if (notToItself) {
            statements.add(new Match(Meta.OIFNAME, Match.Operator.NOT_EQUAL, Text.device("lo")));
        }
        statements.addAll(rule.matches());
        statements.add(action);
        return statements;
    }

    /**
     * The table of this rule alone.
     *
     * @return the table, which disappears with the rule; empty if the rule is in a chain that existed
     */
    public Optional<TableId> ownTable() {
        return ownTable;
    }

    /**
     * Removes the rule, and leaves its chain: no further packet is logged or queued, and none that waits is dropped. If
     * the kernel refuses it, which happens if another process has removed the rule already, a warning is logged.
     *
     * @param session whose logger gets the warning
     */
    public synchronized void detach(Class<?> session) {
        if (detached) {
            return;
        }
        detached = true;
        try {
            client.commit(removal);
        } catch (NetlinkException e) {
            SessionLog.warn(session, "the rule of the session could not be removed", e);
        }
    }

    /** Closes the socket. The rule's own table disappears with it; a rule in another table must be detached before. */
    @Override
    public void close() {
        client.close();
    }
}
