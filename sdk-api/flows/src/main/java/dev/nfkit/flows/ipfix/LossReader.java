// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowReport;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes losses of the data records of one options template. */
final class LossReader implements RecordReader.ReportReader {
    private static final Own[] NEEDED = {
        Own.LOSS_PLACE,
        Own.LOSS_SINCE,
        Own.LOSS_UNTIL,
        Own.RECEIPT_TIMES,
        Own.LOST_EVENTS,
        Own.LOST_BEGINNINGS,
        Own.LOST_ENDS,
        Own.LOST_CONNECTIONS,
        Own.HOST
    };

    private final Map<Own, Integer> fields = new EnumMap<>(Own.class);

    private LossReader() {}

    /** A reader, or null if the records are no losses of nfkit. */
    static @Nullable LossReader of(IpfixTemplate template, long enterprise) {
        LossReader reader = new LossReader();
        ReportFields places = new ReportFields(template);
        for (Own own : NEEDED) {
            int place = places.find(own.element(enterprise));
            if (place == ReportFields.ABSENT) {
                return null;
            }
            reader.fields.put(own, place);
        }
        return reader;
    }

    private int at(Own own) {
        return fields.getOrDefault(own, ReportFields.ABSENT);
    }

    @Override
    public FlowReport read(RecordCursor cursor) {
        int code = ReportFields.small(cursor, at(Own.LOSS_PLACE));
        int receipt = ReportFields.small(cursor, at(Own.RECEIPT_TIMES));
        return new FlowLoss(
                ReportFields.text(cursor, at(Own.HOST)),
                Codes.place(code).orElseThrow(() -> new IllegalArgumentException("lossPlace is 1 to 4, not " + code)),
                ReportFields.time(ReportFields.signed(cursor, at(Own.LOSS_SINCE)), receipt, Values.SINCE_BIT),
                ReportFields.time(ReportFields.signed(cursor, at(Own.LOSS_UNTIL)), receipt, Values.END_BIT),
                ReportFields.unsigned(cursor, at(Own.LOST_EVENTS)),
                ReportFields.unsigned(cursor, at(Own.LOST_BEGINNINGS)),
                ReportFields.unsigned(cursor, at(Own.LOST_ENDS)),
                ReportFields.unsigned(cursor, at(Own.LOST_CONNECTIONS)));
    }
}
