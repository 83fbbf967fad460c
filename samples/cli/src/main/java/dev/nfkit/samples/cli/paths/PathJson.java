// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.InterfaceNames;
import dev.nfkit.nftables.trace.ChainPass;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.nftables.trace.PacketPaths;
import dev.nfkit.nftables.trace.PathStep;
import dev.nfkit.nftables.trace.TraceAttribute;
import dev.nfkit.nftables.trace.TraceStep;
import dev.nfkit.nftables.trace.TraceType;
import dev.nfkit.samples.cli.output.JsonNames;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.TimeSource;
import dev.nfkit.socket.KernelView;
import java.util.Locale;
import java.util.Optional;

/** Writes a path as a JSON object. One thread at a time. */
public final class PathJson {
    private final PacketPaths session;
    private final JsonObject json = new JsonObject();
    private final TracedHeaders headers = new TracedHeaders();
    private final InterfaceNames names;

    /**
     * Creates a printer.
     *
     * @param session reads the text of rules
     * @param kernel knows the names of interfaces
     */
    public PathJson(PacketPaths session, KernelView kernel) {
        this.session = session;
        names = new InterfaceNames(kernel);
    }

    /**
     * Appends the object, without the command's own table.
     *
     * @param path the path
     * @param nanos the time at which it was complete, in nanoseconds since 1970
     * @param line the line to append to
     */
    public void path(PacketPath path, long nanos, StringBuilder line) throws NetlinkException {
        json.begin(line, "packet_path", nanos, TimeSource.RECEIVED);
        json.number("id", path.id());
        json.string("family", PathWords.family(path.protocol()));
        headers.read(path);
        if (headers.isIp()) {
            JsonNames.protocol(json, headers.ip().protocol());
            json.string("src", headers.ip().source());
            json.string("dst", headers.ip().destination());
            if (headers.ip().hasPorts()) {
                json.number("sport", headers.ip().sourcePort());
                json.number("dport", headers.ip().destinationPort());
            }
            json.number("original_length", headers.originalLength());
        }
        Optional<TraceStep> described = path.description();
        if (described.isPresent()) {
            headers(described.get());
        }
        json.string("outcome", path.outcome().name().toLowerCase(Locale.ROOT));
        json.bool("complete", path.complete());
        json.beginArray("passes");
        for (ChainPass pass : path.passes()) {
            if (!session.ownTable().equals(Optional.of(pass.table()))) {
                json.beginItem();
                pass(pass);
                json.end();
            }
        }
        json.endArray();
        json.end();
    }

    private void headers(TraceStep step) {
        if (step.has(TraceAttribute.LL_HEADER)) {
            json.hex(TraceAttribute.LL_HEADER.key(), step.linkHeader());
        }
        json.hex(TraceAttribute.NETWORK_HEADER.key(), step.networkHeader());
        if (step.has(TraceAttribute.TRANSPORT_HEADER)) {
            json.hex(TraceAttribute.TRANSPORT_HEADER.key(), step.transportHeader());
        }
    }

    private void pass(ChainPass pass) throws NetlinkException {
        json.string("family", PathWords.family(pass.table().family()));
        json.string("table", pass.table().name());
        pass.baseChain().ifPresent(chain -> json.string("chain", chain));
        pass.place().ifPresent(place -> {
            json.string("hook", place.stage().toString());
            json.number("prio", place.priority());
        });
        pass.description().ifPresent(this::place);
        json.beginArray("steps");
        for (PathStep step : pass.steps()) {
            json.beginItem();
            step(pass, step);
            json.end();
        }
        json.endArray();
        if (pass.omittedSteps() > 0) {
            json.number("omitted_steps", pass.omittedSteps());
        }
        pass.verdict()
                .ifPresent(
                        verdict -> json.string("verdict", verdict.kind().name().toLowerCase(Locale.ROOT)));
    }

    private void place(TraceStep step) {
        if (step.has(TraceAttribute.IIF)) {
            json.number(TraceAttribute.IIF.key(), step.inputInterface());
            name("iifname", step.inputInterface());
        }
        if (step.has(TraceAttribute.OIF)) {
            json.number(TraceAttribute.OIF.key(), step.outputInterface());
            name("oifname", step.outputInterface());
        }
        if (step.has(TraceAttribute.CT_STATE)) {
            json.string(
                    TraceAttribute.CT_STATE.key(),
                    step.connectionInfo().state().name().toLowerCase(Locale.ROOT));
        }
        if (step.has(TraceAttribute.CT_ID)) {
            json.string(
                    TraceAttribute.CT_DIRECTION.key(),
                    step.connectionDirection().name().toLowerCase(Locale.ROOT));
            json.number(TraceAttribute.CT_ID.key(), step.connectionId());
        }
    }

    private void name(String key, long index) {
        names.find(index).ifPresent(name -> json.string(key, name));
    }

    private void step(ChainPass pass, PathStep step) throws NetlinkException {
        boolean policy = step.type() == TraceType.POLICY;
        json.string("type", policy ? "policy" : step.endsChain() ? "end" : "rule");
        json.string("chain", step.chain());
        if (step.ruleHandle().isPresent()) {
            json.number("handle", step.ruleHandle().getAsLong());
        }
        Optional<String> text = session.text(pass.table(), step);
        text.ifPresent(rule -> json.string("rule", rule));
        json.string("verdict", step.verdict().kind().name().toLowerCase(Locale.ROOT));
        step.verdict().chain().ifPresent(chain -> json.string("target", chain));
        if (step.verdict().queue() != 0) {
            json.number("queue", step.verdict().queue());
        }
        json.number("mark", step.mark());
    }
}
