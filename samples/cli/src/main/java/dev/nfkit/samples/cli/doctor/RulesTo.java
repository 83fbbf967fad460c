// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Rule;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.nftables.TableContents;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.statement.ExtensionStatement;
import dev.nfkit.nftables.statement.Log;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.socket.NetlinkTransport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Finds the rules that send packets to a group or a queue. */
final class RulesTo {
    /**
     * A rule.
     *
     * @param text its place and its text
     * @param bypass whether packets pass if no process has bound the queue
     */
    record Found(String text, boolean bypass) {}

    private RulesTo() {}

    static List<Found> find(NetlinkTransport transport, Place place) throws NetlinkException {
        try (Nftables nftables = Nftables.open(transport)) {
            Ruleset ruleset = nftables.consistent((listing, generation) -> listing.ruleset());
            return in(ruleset, place);
        }
    }

    static List<Found> in(Ruleset ruleset, Place place) {
        List<Found> found = new ArrayList<>();
        for (TableContents table : ruleset.tables()) {
            for (Rule rule : table.rules()) {
                for (Statement statement : rule.statements()) {
                    if (goesTo(statement, place)) {
                        String where = rule.table() + " " + rule.chain();
                        found.add(new Found(where + ": " + rule.toText(), bypass(statement)));
                        break;
                    }
                }
            }
        }
        return found;
    }

    private static boolean goesTo(Statement statement, Place place) {
        if (!place.queue()) {
            return statement instanceof Log log && log.group().orElse(-1) == place.number();
        }
        if (statement instanceof Queue queue) {
            return contains(queue.number(), place.number());
        }
        if (statement instanceof ExtensionStatement target && isQueueTarget(target)) {
            int first = u16(target, 0);
            // Revision 0 has one queue only, struct xt_NFQ_info.
            int total = target.revision() == 0 ? 1 : Math.max(1, u16(target, 2));
            return place.number() >= first && place.number() < first + total;
        }
        return false;
    }

    private static boolean contains(Expression expression, int number) {
        if (expression instanceof Constant constant) {
            return constant.value().intValue() == number;
        }
        if (expression instanceof Interval interval) {
            return interval.from().value().intValue() <= number
                    && number <= interval.to().value().intValue();
        }
        // A number that is computed for each packet may be any.
        return true;
    }

    private static boolean bypass(Statement statement) {
        if (statement instanceof Queue queue) {
            return queue.bypass();
        }
        // struct xt_NFQ_info_v2 has bypass, struct xt_NFQ_info_v3 has flags, whose first is bypass.
        return statement instanceof ExtensionStatement target
                && isQueueTarget(target)
                && target.revision() >= 2
                && (u16(target, 4) & 1) != 0;
    }

    private static boolean isQueueTarget(ExtensionStatement statement) {
        return statement.target()
                && statement.name().equals("NFQUEUE")
                && statement.info().length >= (statement.revision() == 0 ? 2 : statement.revision() == 1 ? 4 : 6);
    }

    private static int u16(ExtensionStatement statement, int at) {
        return Short.toUnsignedInt(
                ByteBuffer.wrap(statement.info()).order(ByteOrder.nativeOrder()).getShort(at));
    }
}
