// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.GroupState;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkTransport;
import dev.nfkit.socket.QueueState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks one group or queue: its owner, its counters, and the rules that send packets to it. */
final class PlaceChecks {
    private final NetlinkTransport transport;
    private final SystemFiles files;
    private final Place place;

    PlaceChecks(NetlinkTransport transport, SystemFiles files, Place place) {
        this.transport = transport;
        this.files = files;
        this.place = place;
    }

    List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        KernelView kernel = transport.kernel();
        Optional<String> unreadable = kernel.unreadable();
        if (unreadable.isPresent()) {
            findings.add(Finding.warning(place.toString(), "its owner is unknown", unreadable.get()));
            rules(findings);
            return findings;
        }
        Optional<GroupState> group = place.queue()
                ? Optional.empty()
                : kernel.nflogGroups().stream()
                        .filter(state -> state.group() == place.number())
                        .findFirst();
        Optional<QueueState> queue = !place.queue()
                ? Optional.empty()
                : kernel.nfqueues().stream()
                        .filter(state -> state.queue() == place.number())
                        .findFirst();
        boolean bound = group.isPresent() || queue.isPresent();
        group.ifPresent(state -> findings.add(Finding.ok(place.toString(), "bound by " + owner(state.portId()))));
        queue.ifPresent(state -> findings.add(counters(state)));
        rules(findings).ifPresent(rules -> compare(findings, rules, bound));
        return findings;
    }

    private String owner(long portId) {
        return Owner.text(transport.kernel(), portId);
    }

    private Finding counters(QueueState state) {
        String text = "bound by " + owner(state.portId()) + "; " + state.waiting() + " packets wait, "
                + state.queueDropped() + " dropped because the queue was full, " + state.userDropped()
                + " because the receive buffer was full";
        return state.queueDropped() + state.userDropped() == 0
                ? Finding.ok(place.toString(), text)
                : Finding.warning(
                        place.toString(),
                        text,
                        "let the program decide faster, or make the queue longer and the buffer larger");
    }

    /** The rules that send packets to this place; empty if they cannot be read. */
    private Optional<List<RulesTo.Found>> rules(List<Finding> findings) {
        List<RulesTo.Found> rules;
        try {
            rules = RulesTo.find(transport, place);
        } catch (NetlinkException e) {
            findings.add(
                    transport.kernel().netAdmin().denied()
                            ? Finding.warning(
                                    "rules", "cannot be read, because CAP_NET_ADMIN is missing", "see capability")
                            : Finding.warning("rules", "cannot be read: " + e.getMessage(), "see what follows"));
            return Optional.empty();
        }
        for (RulesTo.Found rule : rules) {
            findings.add(Finding.ok("rule", rule.text()));
        }
        if (legacy()) {
            findings.add(Finding.warning(
                    "rules",
                    "there are tables of the older iptables, which are not read here",
                    "look for " + (place.queue() ? "NFQUEUE" : "NFLOG") + " in iptables-legacy-save"));
        }
        return Optional.of(rules);
    }

    private void compare(List<Finding> findings, List<RulesTo.Found> rules, boolean bound) {
        if (!bound) {
            findings.add(unbound(rules));
        } else if (rules.isEmpty() && !legacy()) {
            findings.add(Finding.warning(
                    place.toString(),
                    "is bound, but no rule sends packets to it",
                    place.queue()
                            ? "add a rule: queue to " + place.number()
                            : "add a rule: log group " + place.number()));
        }
    }

    private boolean legacy() {
        return legacy("/proc/net/ip_tables_names") || legacy("/proc/net/ip6_tables_names");
    }

    private boolean legacy(String names) {
        return files.text(names).map(text -> !text.isBlank()).orElse(false);
    }

    private Finding unbound(List<RulesTo.Found> rules) {
        String text = "no process has bound it";
        if (rules.isEmpty()) {
            return Finding.ok(place.toString(), text + ", and no rule sends packets to it");
        }
        if (!place.queue()) {
            return Finding.warning(
                    place.toString(),
                    text + ": what these rules log is lost",
                    "start the program, such as nfkit capture -i " + place);
        }
        return rules.stream().allMatch(RulesTo.Found::bypass)
                ? Finding.warning(
                        place.toString(),
                        text + ": packets of these rules pass without a decision, because of bypass",
                        "start the program, such as nfkit queue -i nfqueue:" + place.number())
                : Finding.problem(
                        place.toString(),
                        text + ": the kernel drops the packets of these rules",
                        "start the program, such as nfkit queue -i nfqueue:" + place.number()
                                + ", or add bypass to the rules");
    }
}
