// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.session.Exchange;
import dev.nfkit.session.TableRequests;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Requests about objects of the ruleset, single ones and dumps. */
final class Dumps {
    private final TableRequests requests;
    private final TableRequests dumps;
    /** The number of dumps that the kernel reported as interrupted by a change. */
    private int interruptions;

    Dumps(TableRequests requests, TableRequests dumps) {
        this.requests = requests;
        this.dumps = dumps;
    }

    /** Reads an object from its message. */
    interface Reader<T> {
        T read(MessageCursor message) throws MalformedMessageException;
    }

    int interruptions() {
        return interruptions;
    }

    /** Requests something that always exists. */
    <T> T ask(String what, int type, Reader<T> reader) throws NetlinkException {
        List<T> found = new ArrayList<>(1);
        requests.<RuntimeException>ask(
                what, type, 0, writer -> writer.nfgenmsg(0, 0), message -> found.add(reader.read(message)));
        if (found.isEmpty()) {
            throw new MalformedMessageException("answer to " + what, 0, "a message", "none");
        }
        return found.get(0);
    }

    /** As {@link #dump}, with the messages themselves. */
    <E extends Exception> void messages(String what, int type, Exchange.Body body, Exchange.Taker<E> taker)
            throws NetlinkException, E {
        if (dumps.<E>ask(what, type, Netlink.NLM_F_DUMP, body, taker)) {
            interruptions++;
        }
    }

    /** As {@link #get}, with the messages themselves. */
    boolean message(String what, int type, Exchange.Body body, Exchange.Taker<RuntimeException> taker)
            throws NetlinkException {
        return requests.askIfThere(what, type, body, taker);
    }

    /** Dumps objects; all that a table does not contain are left out, because the kernel may not select by it. */
    <T extends RulesetObject, E extends Exception> void dump(
            String what,
            int type,
            @Nullable TableId table,
            Exchange.@Nullable Body more,
            Reader<T> reader,
            ObjectSink<T, E> sink)
            throws NetlinkException, E {
        int family = table == null ? 0 : table.family().number();
        // The number of the table's name is the same for chains, rules, sets, objects and flow tables.
        boolean selects = table != null && type != MessageTypes.GETTABLE && type != MessageTypes.GETCHAIN;
        Predicate<T> matches = found -> table == null || found.table().equals(table);
        messages(
                what,
                type,
                writer -> {
                    writer.nfgenmsg(family, 0);
                    if (selects && table != null) {
                        writer.string(Nfta.RULE_TABLE, table.name());
                    }
                    if (more != null) {
                        more.writeTo(writer);
                    }
                },
                message -> {
                    message.requireNfgenmsg();
                    if (Families.hasTables(AddressFamily.of(message.family()))) {
                        T found = reader.read(message);
                        if (matches.test(found)) {
                            sink.object(found);
                        }
                    }
                });
    }

    /** Requests one object. */
    <T> Optional<T> get(String what, int type, Exchange.Body body, Reader<T> reader) throws NetlinkException {
        List<T> found = new ArrayList<>(1);
        requests.askIfThere(what, type, body, message -> found.add(reader.read(message)));
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }
}
