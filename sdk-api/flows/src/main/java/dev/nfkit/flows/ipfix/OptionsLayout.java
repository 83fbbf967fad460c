// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowLoss;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The options templates: losses, and the statistics of RFC 7011, sections 4.1 and 4.3. The first field is the scope. */
@SuppressWarnings("ImmutableEnumChecker") // its lists are unmodifiable
enum OptionsLayout {
    /** A {@link FlowLoss}; its host is a text. */
    LOSS(
            512,
            149,
            List.of(
                    new Entry(Own.LOSS_PLACE, 1),
                    new Entry(Own.LOSS_SINCE, 8),
                    new Entry(Own.LOSS_UNTIL, 8),
                    new Entry(Own.RECEIPT_TIMES, 1),
                    new Entry(Own.LOST_EVENTS, 8),
                    new Entry(Own.LOST_BEGINNINGS, 8),
                    new Entry(Own.LOST_ENDS, 8),
                    new Entry(Own.LOST_CONNECTIONS, 8),
                    new Entry(Own.HOST, TemplateField.VARIABLE))),
    /** {@code exportedMessageTotalCount}, {@code exportedFlowRecordTotalCount}, {@code exportedOctetTotalCount}. */
    EXPORTED(513, 149, List.of(), 41, 42, 40),
    /** {@code notSentFlowTotalCount}, {@code notSentPacketTotalCount}, {@code notSentOctetTotalCount}. */
    NOT_SENT(514, 144, List.of(), 166, 167, 168);

    private static final int COUNTER = 8;

    private final int id;
    private final TemplateField scope;
    private final List<Entry> own;
    private final List<Integer> counters;

    /** A field of nfkit's own. */
    private record Entry(Own own, int length) {}

    OptionsLayout(int id, int scope, List<Entry> own, Integer... counters) {
        this.id = id;
        this.scope = new TemplateField(InformationElement.standard(scope), Integer.BYTES);
        this.own = own;
        this.counters = List.of(counters);
    }

    int id() {
        return id;
    }

    List<TemplateField> template(long enterprise) {
        List<TemplateField> fields = new ArrayList<>();
        fields.add(scope);
        for (Entry entry : own) {
            fields.add(new TemplateField(entry.own().element(enterprise), entry.length()));
        }
        for (int counter : counters) {
            fields.add(new TemplateField(InformationElement.standard(counter), COUNTER));
        }
        return fields;
    }

    /** The bytes of a record without its text. */
    int fixedSize() {
        int size = scope.length() + counters.size() * COUNTER;
        for (Entry entry : own) {
            size += entry.length() == TemplateField.VARIABLE ? 0 : entry.length();
        }
        return size;
    }

    static void writeLoss(FlowLoss loss, long domain, int textLimit, ByteBuffer out) {
        out.putInt((int) domain)
                .put(Codes.of(loss.place()))
                .putLong(loss.since().epochNanos())
                .putLong(loss.until().epochNanos())
                .put((byte) (Values.receiptBit(loss.since(), Values.SINCE_BIT)
                        | Values.receiptBit(loss.until(), Values.END_BIT)))
                .putLong(loss.events())
                .putLong(loss.begun())
                .putLong(loss.ended())
                .putLong(loss.unseen());
        FlowLayout.putText(loss.host(), textLimit, out);
    }
}
