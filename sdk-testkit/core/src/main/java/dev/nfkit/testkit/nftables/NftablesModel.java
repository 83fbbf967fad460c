// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.kernel.Subsystem;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.ruleset.Ruleset;
import dev.nfkit.testkit.ruleset.SetProperties;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableState;
import dev.nfkit.wire.Netlink;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** nftables: the ruleset, and the requests that change and read it. Requires the clock's lock. */
public final class NftablesModel implements Subsystem {
    private final Kernel kernel;
    private final Ruleset ruleset;
    private final Queries queries;
    private final Notices notices;

    /**
     * Creates the model of a kernel.
     *
     * @param unregistered is called with the lock after base chains were removed
     */
    public NftablesModel(Kernel kernel, Runnable unregistered) {
        this.kernel = kernel;
        this.ruleset = new Ruleset(unregistered);
        this.queries = new Queries(ruleset, kernel.clock()::now);
        this.notices = new Notices(kernel, ruleset);
    }

    /** The ruleset, to evaluate packets. */
    public Ruleset ruleset() {
        return ruleset;
    }

    @Override
    public boolean takes(ParsedMessage request) {
        return request.type() >> 8 == Netlink.NFNL_SUBSYS_NFTABLES;
    }

    @Override
    public boolean request(KernelSocket socket, ParsedMessage request) throws Refused {
        return queries.answer(socket, request);
    }

    @Override
    public @Nullable Integer batches() {
        return Netlink.NFNL_SUBSYS_NFTABLES;
    }

    @Override
    public boolean current(long generation) {
        return generation == ruleset.generation();
    }

    @Override
    public void change(KernelSocket socket, ParsedMessage request) throws Refused {
        boolean destroys =
                request.type() >= MessageTypes.DESTROYTABLE && request.type() <= MessageTypes.DESTROYFLOWTABLE;
        Change change = new Change(ruleset, request, false);
        long now = kernel.clock().now();
        switch (request.type()) {
            case MessageTypes.NEWTABLE -> TableRequests.create(change, notices);
            case MessageTypes.DELTABLE, MessageTypes.DESTROYTABLE -> TableRequests.remove(change, notices, destroys);
            case MessageTypes.NEWCHAIN -> ChainRequests.create(change, notices);
            case MessageTypes.DELCHAIN, MessageTypes.DESTROYCHAIN -> ChainRequests.remove(change, notices, destroys);
            case MessageTypes.NEWRULE -> RuleRequests.create(change, notices);
            case MessageTypes.DELRULE, MessageTypes.DESTROYRULE -> RuleRequests.remove(change, notices, destroys);
            case MessageTypes.NEWSET -> SetRequests.create(change, notices, kernel.clock()::now);
            case MessageTypes.DELSET, MessageTypes.DESTROYSET -> SetRequests.remove(change, notices, destroys);
            case MessageTypes.NEWSETELEM -> ElementRequests.create(change, notices, kernel.clock()::now);
            case MessageTypes.DELSETELEM, MessageTypes.DESTROYSETELEM ->
                ElementRequests.remove(change, notices, destroys, now);
            case MessageTypes.NEWOBJ -> ObjectRequests.create(change, notices);
            case MessageTypes.DELOBJ, MessageTypes.DESTROYOBJ -> ObjectRequests.remove(change, notices, destroys);
            case MessageTypes.NEWFLOWTABLE, MessageTypes.DELFLOWTABLE, MessageTypes.DESTROYFLOWTABLE ->
                throw new AssertionError("FakeNetfilter does not model flow tables");
            default -> throw new Refused(Errno.EINVAL);
        }
    }

    @Override
    public void commit(KernelSocket socket, ParsedMessage begin) throws Refused {
        for (TableState table : ruleset.all()) {
            for (SetState set : table.allSets()) {
                if (set.properties().is(SetProperties.ANONYMOUS) && set.references() == 0) {
                    throw new Refused(Errno.EINVAL);
                }
            }
        }
        if (notices.isEmpty()) {
            return; // the generation stays if nothing has changed
        }
        ruleset.commit();
        notices.add(begin, MessageTypes.NEWGEN, 0, queries::generation);
        notices.send(socket);
    }

    @Override
    public void abort() {
        ruleset.abort();
        notices.forget();
    }

    @Override
    public void closed(KernelSocket socket) {
        ruleset.ownerClosed(socket.portId());
    }

    @Override
    public List<String> state() {
        List<String> tables = ruleset.all().stream().map(TableState::describe).toList();
        return List.of("tables " + (tables.isEmpty() ? "none" : String.join(", ", tables)));
    }

    @Override
    public List<String> left() {
        return List.of();
    }
}
