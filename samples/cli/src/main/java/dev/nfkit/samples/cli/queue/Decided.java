// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.Bytes;
import dev.nfkit.samples.cli.arguments.Span;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.ShownVerdict;
import org.jspecify.annotations.Nullable;

/** How a rule, or the default, decided a packet. Reused for every packet. */
final class Decided implements ShownVerdict {
    private boolean accepted;
    private long mark;
    private boolean marked;
    private long delayNanos;
    private @Nullable Bytes payload;
    private int corrupted;
    private int rule;

    /** Begins the next packet, with the number of the rule that matched: from 1, or 0 for none. */
    void begin(int rule) {
        this.rule = rule;
        accepted = true;
        marked = false;
        delayNanos = 0;
        payload = null;
    }

    void dropped() {
        accepted = false;
    }

    void marked(long value) {
        marked = true;
        mark = value;
    }

    void delayed(long nanos) {
        delayNanos = nanos;
    }

    /** Accepts the packet with these bytes, which differ at an index. */
    void corrupted(Bytes changed, int index) {
        payload = changed;
        corrupted = index;
    }

    @Override
    public void members(JsonObject json) {
        json.string("verdict", name());
        if (marked) {
            json.number("mark", mark);
        }
        if (payload != null) {
            json.hex("payload", payload);
            json.number("corrupted", corrupted);
        }
        if (delayNanos > 0) {
            json.seconds("delay", delayNanos / 1000);
        }
        if (rule > 0) {
            json.number("rule", rule);
        }
    }

    @Override
    public void describe(StringBuilder line) {
        line.append(name());
        if (marked) {
            line.append(", mark 0x").append(Long.toHexString(mark));
        }
        if (payload != null) {
            line.append(", byte ").append(corrupted).append(" corrupted");
        }
        if (delayNanos > 0) {
            line.append(" in ").append(Span.text(delayNanos / 1000 * 1000));
        }
        if (rule > 0) {
            line.append(" by rule ").append(rule);
        }
    }

    private String name() {
        return accepted ? "NF_ACCEPT" : "NF_DROP";
    }
}
