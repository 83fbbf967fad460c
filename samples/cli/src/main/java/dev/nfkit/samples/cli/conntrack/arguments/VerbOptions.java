// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.samples.cli.run.Failure;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;

/** The options that each command supports. Unsupported options are refused, not ignored. */
public final class VerbOptions {
    private static final Set<String> ALWAYS = Set.of("--netns", "--json", "--help", "--version");
    private static final Set<String> TUPLE = Set.of(
            "--src",
            "--dst",
            "--reply-src",
            "--reply-dst",
            "--proto",
            "--zone",
            "--orig-zone",
            "--reply-zone",
            "--orig-port-src",
            "--orig-port-dst",
            "--reply-port-src",
            "--reply-port-dst",
            "--icmp-type",
            "--icmp-code",
            "--icmp-id");
    private static final Set<String> FILTER = with(
            TUPLE,
            "--family",
            "--mark",
            "--status",
            "--label",
            "--state",
            "--src-nat",
            "--dst-nat",
            "--any-nat",
            "--mask-src",
            "--mask-dst");
    private static final Set<String> ENTRY = with(
            TUPLE,
            "--timeout",
            "--mark",
            "--status",
            "--label",
            "--label-add",
            "--state",
            "--orig-vtag",
            "--reply-vtag",
            "--role",
            "--src-nat",
            "--dst-nat");
    private static final Set<String> EXPECTED =
            Set.of("--src", "--dst", "--proto", "--orig-port-src", "--orig-port-dst");
    private static final Set<String> EXPECTATION = with(
            EXPECTED,
            "--timeout",
            "--tuple-src",
            "--tuple-dst",
            "--tuple-port-src",
            "--tuple-port-dst",
            "--mask-src",
            "--mask-dst",
            "--mask-port-src",
            "--mask-port-dst");
    private static final Set<String> EVENTS = Set.of("--event-mask", "--buffer-size", "--output");

    private VerbOptions() {}

    private static Set<String> with(Set<String> some, String... more) {
        Set<String> all = new HashSet<>(some);
        all.addAll(List.of(more));
        return all;
    }

    private static Set<String> known(ConntrackVerb verb, ConntrackTable table) throws Failure {
        return switch (table) {
            case CONNTRACK -> ofConnections(verb);
            case EXPECT -> ofExpectations(verb);
            case DYING, UNCONFIRMED -> {
                if (verb != ConntrackVerb.LIST) {
                    throw Failure.usage(verb + " " + table + ": this table can only be listed (-L)");
                }
                yield with(FILTER, "--output");
            }
        };
    }

    private static Set<String> ofConnections(ConntrackVerb verb) {
        return switch (verb) {
            case LIST -> with(FILTER, "--zero", "--output");
            case EVENT -> with(FILTER, EVENTS.toArray(String[]::new));
            case GET -> with(TUPLE, "--output");
            case CREATE, ADD -> ENTRY;
            case UPDATE ->
                with(
                        FILTER,
                        "--timeout",
                        "--label-add",
                        "--label-del",
                        "--orig-vtag",
                        "--reply-vtag",
                        "--role",
                        "--output");
            case DELETE, KILL -> with(FILTER, "--output");
            case FLUSH -> Set.of("--family");
            case STATS, COUNT, LOAD -> Set.of();
        };
    }

    private static Set<String> ofExpectations(ConntrackVerb verb) throws Failure {
        return switch (verb) {
            case LIST -> Set.of("--output");
            case FLUSH, STATS, COUNT -> Set.of();
            case EVENT -> EVENTS;
            case GET, DELETE -> EXPECTED;
            case CREATE -> EXPECTATION;
            case UPDATE, ADD ->
                throw Failure.usage(verb + " expect: an expectation cannot be changed; remove it and create another");
            case KILL -> throw Failure.usage("--kill expect: only connections have sockets");
            case LOAD -> throw Failure.usage("-R expect: only commands for connections are supported in a file");
        };
    }

    /** Refuses a command that ends sockets without an option that selects connections. */
    private static void requireSelection(List<OptionSpec> typed) throws Failure {
        if (typed.stream().noneMatch(option -> List.of(option.names()).stream().anyMatch(FILTER::contains))) {
            throw Failure.usage("--kill: needs an option that selects connections, such as --dst or -p with --dport");
        }
    }

    /** Refuses options that a command on a table does not support. */
    public static void check(ConntrackVerb verb, ConntrackTable table, List<OptionSpec> typed) throws Failure {
        Set<String> known = known(verb, table);
        if (verb == ConntrackVerb.KILL) {
            requireSelection(typed);
        }
        for (OptionSpec option : typed) {
            boolean command = option.group() != null;
            if (!command && List.of(option.names()).stream().noneMatch(n -> known.contains(n) || ALWAYS.contains(n))) {
                throw Failure.usage(option.longestName() + ": not supported with " + verb
                        + (table == ConntrackTable.CONNTRACK ? "" : " " + table));
            }
        }
    }
}
