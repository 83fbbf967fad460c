// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.top;

import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.samples.cli.output.JsonNames;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.ProcessOutput;
import dev.nfkit.samples.cli.output.TimeSource;
import java.util.ArrayList;
import java.util.List;

/** Writes a sample as JSON objects: one of the totals, then one for each connection. */
final class TopJson {
    private static final int MICROS = 1_000_000;

    private final JsonObject json = new JsonObject();
    private final StringBuilder text = new StringBuilder();

    /**
     * Returns the objects of a sample.
     *
     * @param sample the look
     * @param nanos the time of the sample, in nanoseconds since 1970
     */
    List<String> lines(TopTable.Sample sample, long nanos) {
        List<String> lines = new ArrayList<>();
        begin("top_total", nanos);
        json.seconds("seconds", Math.round(sample.seconds() * MICROS));
        json.number("connections", sample.connections());
        json.number("new", sample.created());
        json.number("ended", sample.ended());
        json.number("uncounted", sample.uncounted());
        json.number("bytes_per_second", sample.bytesPerSecond());
        json.number("packets_per_second", sample.packetsPerSecond());
        lines.add(end());
        int rank = 1;
        for (TopConnection connection : sample.busiest()) {
            begin("top_connection", nanos);
            json.number("rank", rank++);
            connection(connection);
            lines.add(end());
        }
        return lines;
    }

    private void begin(String kind, long nanos) {
        text.setLength(0);
        json.begin(text, kind, nanos, TimeSource.RECEIVED);
    }

    private String end() {
        json.end();
        return text.toString();
    }

    private void connection(TopConnection connection) {
        json.number("id", connection.id());
        ConntrackTuple tuple = connection.original();
        JsonNames.protocol(json, connection.protocol());
        StringBuilder address = new StringBuilder();
        tuple.appendSource(address);
        json.string("src", address.toString());
        address.setLength(0);
        tuple.appendDestination(address);
        json.string("dst", address.toString());
        if (tuple.hasPorts()) {
            json.number("sport", tuple.sourcePort());
            json.number("dport", tuple.destinationPort());
        }
        if (!connection.state().isEmpty()) {
            json.string("state", connection.state());
        }
        json.number("bytes_per_second", connection.bytesPerSecond());
        json.number("packets_per_second", connection.packetsPerSecond());
        direction("orig", connection.sent());
        direction("reply", connection.received());
        if (TopScreen.asked(connection)) {
            ProcessOutput.member(connection.process(), json);
        }
    }

    private void direction(String name, TopConnection.Counted counted) {
        json.beginNested(name);
        json.number("bytes_per_second", counted.bytesPerSecond());
        json.number("packets_per_second", counted.packetsPerSecond());
        json.number("packets", counted.packets());
        json.number("bytes", counted.bytes());
        json.end();
    }
}
