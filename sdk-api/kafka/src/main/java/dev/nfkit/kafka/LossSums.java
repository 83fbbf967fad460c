// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.kafka.schema.LedgerMessage;
import dev.nfkit.kafka.spool.SpoolEntry;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sums of losses whose reports were lost themselves, one for each place. They are reported again, so that the account
 * of a host stays complete. Safe for any number of threads.
 */
final class LossSums {
    private final Map<FlowLoss.Place, FlowLoss> sums = new EnumMap<>(FlowLoss.Place.class);

    /** Adds the loss in an entry that the spool has dropped, if it has one. */
    void take(SpoolEntry entry) {
        if (entry.kind() != EntryKind.LEDGER.number()) {
            return;
        }
        try {
            LedgerMessage message = LedgerMessage.parseFrom(entry.content());
            if (message.hasLoss()) {
                add(FlowMessages.toLoss(message.getLoss()));
            }
        } catch (InvalidProtocolBufferException | MalformedMessageException e) {
            throw new IllegalStateException("the spool has a ledger entry that cannot be read", e);
        }
    }

    synchronized void add(FlowLoss loss) {
        sums.merge(loss.place(), loss, LossSums::sum);
    }

    private static FlowLoss sum(FlowLoss one, FlowLoss other) {
        return new FlowLoss(
                one.host(),
                one.place(),
                earlier(one.since(), other.since()) ? one.since() : other.since(),
                earlier(one.until(), other.until()) ? other.until() : one.until(),
                one.events() + other.events(),
                one.begun() + other.begun(),
                one.ended() + other.ended(),
                one.unseen() + other.unseen());
    }

    private static boolean earlier(FlowTime one, FlowTime other) {
        return one.epochNanos() <= other.epochNanos();
    }

    /** Takes the sum of one place; null if there is none. */
    synchronized @Nullable FlowLoss poll() {
        return sums.isEmpty() ? null : sums.remove(sums.keySet().iterator().next());
    }
}
