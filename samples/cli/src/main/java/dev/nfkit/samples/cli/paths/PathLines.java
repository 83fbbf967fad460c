// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths;

import dev.nfkit.NetlinkException;
import dev.nfkit.netfilter.InterfaceNames;
import dev.nfkit.nftables.TableId;
import dev.nfkit.nftables.trace.ChainPass;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.nftables.trace.PacketPaths;
import dev.nfkit.nftables.trace.PathStep;
import dev.nfkit.nftables.trace.TraceAttribute;
import dev.nfkit.nftables.trace.TraceStep;
import dev.nfkit.nftables.trace.TraceType;
import dev.nfkit.nftables.trace.TraceVerdict;
import dev.nfkit.samples.cli.output.TextOutput;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.socket.KernelView;
import java.util.Optional;

/** Writes paths as lines for people. One thread at a time. */
public final class PathLines {
    private final PacketPaths session;
    private final TextOutput output;
    private final InterfaceNames names;
    private final TracedHeaders headers = new TracedHeaders();
    private long number;

    /**
     * Creates a printer.
     *
     * @param session reads the text of rules
     * @param kernel knows the names of interfaces
     * @param output gets the lines
     */
    public PathLines(PacketPaths session, KernelView kernel, TextOutput output) {
        this.session = session;
        this.output = output;
        names = new InterfaceNames(kernel);
    }

    /** Writes the whole path, chain by chain and rule by rule, without the command's own table. */
    public void path(PacketPath path) throws NetlinkException, WriteFailure {
        StringBuilder line = new StringBuilder("packet ").append(++number).append("  ");
        describe(path, line);
        output.line(line);
        for (ChainPass pass : path.passes()) {
            if (!session.ownTable().equals(Optional.of(pass.table()))) {
                pass(pass);
            }
        }
        output.line("  " + ending(path));
    }

    /** Writes the packet: addresses, ports and length. */
    void describe(PacketPath path, StringBuilder line) {
        headers.read(path);
        if (headers.isIp()) {
            headers.ip().describe(line);
            line.append(", ").append(headers.originalLength()).append(" bytes");
        } else {
            line.append(PathWords.family(path.protocol())).append(" packet");
        }
        path.description().ifPresent(step -> devices(step, line));
    }

    private void devices(TraceStep step, StringBuilder line) {
        if (step.has(TraceAttribute.IIF)) {
            line.append(", in ").append(names.apply(step.inputInterface()));
        }
        if (step.has(TraceAttribute.OIF)) {
            line.append(", out ").append(names.apply(step.outputInterface()));
        }
        if (step.mark() != 0) {
            line.append(", mark 0x").append(Long.toHexString(step.mark()));
        }
    }

    private void pass(ChainPass pass) throws NetlinkException, WriteFailure {
        StringBuilder head = new StringBuilder();
        pass.place()
                .ifPresent(place -> head.append(" (hook ")
                        .append(place.stage())
                        .append(", priority ")
                        .append(place.priority())
                        .append(')'));
        PathWords.state(pass).ifPresent(state -> head.append("  ct ").append(state));
        String chain = "";
        long mark = pass.description().map(TraceStep::mark).orElse(0L);
        for (PathStep step : pass.steps()) {
            boolean base = pass.baseChain().equals(Optional.of(step.chain()));
            if (!step.chain().equals(chain)) {
                chain = step.chain();
                output.line("  " + pass.table() + " " + chain + (base ? head : ""));
                if (base) {
                    head.setLength(0); // only once, not after each return to it
                }
            }
            if (!step.endsChain() || !base) {
                String change = step.mark() == mark ? "" : "  mark 0x" + Long.toHexString(step.mark());
                output.line("    " + step(pass.table(), step) + change);
            }
            mark = step.mark();
        }
        if (pass.omittedSteps() > 0) {
            output.line("    and " + pass.omittedSteps() + " more");
        }
    }

    private String step(TableId table, PathStep step) throws NetlinkException {
        if (step.type() == TraceType.POLICY) {
            return "policy -> " + step.verdict();
        }
        if (step.endsChain()) {
            return "end of the chain";
        }
        String arrow = step.verdict().kind() == TraceVerdict.Kind.CONTINUE ? "" : " -> " + step.verdict();
        return rule(table, step) + arrow;
    }

    private String rule(TableId table, PathStep step) throws NetlinkException {
        String handle = "handle " + step.ruleHandle().orElse(0);
        return session.text(table, step).map(text -> handle + ": " + text).orElse(handle + " (removed since)");
    }

    /** What decided about a packet: the rule as text, or the policy of a chain. */
    String decision(PacketPath path) throws NetlinkException {
        ChainPass last = path.last();
        Optional<PathStep> step = last.deciding();
        if (step.isEmpty()) {
            return last.table().toString();
        }
        String chain = last.table() + " " + step.get().chain();
        return step.get().type() == TraceType.POLICY
                ? chain + ": policy " + step.get().verdict()
                : chain + " " + rule(last.table(), step.get());
    }

    private static String ending(PacketPath path) {
        String end = switch (path.outcome()) {
            case ACCEPTED -> "accepted";
            case DROPPED -> "dropped";
            case QUEUED -> "queued";
            case STOLEN -> "taken by a rule";
            case UNFINISHED -> "unfinished";
        };
        return path.complete() ? end : end + " (messages are missing)";
    }
}
