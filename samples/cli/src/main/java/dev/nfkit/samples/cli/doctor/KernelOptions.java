// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Checks the kernel and the options that it was built with. */
final class KernelOptions {
    /** An option, its module, whether nothing works without it, what needs it, and what to do without it. */
    private record Option(String name, String module, boolean required, String use, String cure) {}

    private static final String GLUE = "NETFILTER_NETLINK_GLUE_CT";
    private static final String INSTALL = "use a kernel that has it, or install the package with its modules";

    private static final List<Option> OPTIONS = List.of(
            new Option("NETFILTER_NETLINK_LOG", "nfnetlink_log", true, "NFLOG", INSTALL),
            new Option("NETFILTER_NETLINK_QUEUE", "nfnetlink_queue", true, "NFQUEUE", INSTALL),
            new Option("NF_CT_NETLINK", "nf_conntrack_netlink", true, "the table of connections", INSTALL),
            new Option("NF_CONNTRACK_EVENTS", "", false, "events of connections (conntrack -E)", INSTALL),
            new Option("NF_TABLES", "nf_tables", false, "rules, --rule, explain and capture --dropped", INSTALL),
            new Option("NFT_LOG", "nft_log", false, "the log statement, and --rule of capture", INSTALL),
            new Option(
                    "NFT_QUEUE",
                    "nft_queue",
                    false,
                    "the queue statement of nftables",
                    "use iptables -j NFQUEUE; rules of sessions and queue --rule take that target by themselves"),
            new Option(
                    "NFT_COMPAT",
                    "nft_compat",
                    false,
                    "targets of iptables in nftables",
                    "rules of sessions then need CONFIG_NFT_QUEUE"),
            new Option(
                    GLUE,
                    "",
                    false,
                    "connections in packets, and verdicts that change them",
                    "mark the packet in its verdict, and copy the mark by a rule: -j CONNMARK --save-mark"),
            new Option("NF_CONNTRACK_TIMESTAMP", "", false, "the times when connections began and ended", INSTALL),
            new Option("NF_CONNTRACK_LABELS", "", false, "labels of connections", INSTALL),
            new Option(
                    "NLMON",
                    "nlmon",
                    false,
                    "recording netlink by tcpdump -i nlmon0",
                    "record with nfkit record, which needs no device"),
            new Option(
                    "USER_NS",
                    "",
                    false,
                    "the demo and live tests without root",
                    "run them as root: without it they replay a recording, or are skipped"));

    private final SystemFiles files;
    private final String release;

    KernelOptions(SystemFiles files, String release) {
        this.files = files;
        this.release = release;
    }

    List<Finding> check() {
        Optional<String> config = files.text("/proc/config.gz")
                .or(() -> files.text("/boot/config-" + release))
                .or(() -> files.text("/lib/modules/" + release + "/config"));
        if (config.isEmpty()) {
            return List.of(Finding.warning(
                    "options",
                    "the options of the kernel cannot be read: there is no /proc/config.gz and no /boot/config-"
                            + release,
                    "what follows asks the running kernel; modprobe configs may provide /proc/config.gz"));
        }
        List<Finding> findings = new ArrayList<>();
        List<String> lines = config.get().lines().toList();
        Optional<String> modules = files.text("/lib/modules/" + release + "/modules.dep");
        for (Option option : OPTIONS) {
            findings.add(check(option, lines, modules));
        }
        return findings;
    }

    private Finding check(Option option, List<String> config, Optional<String> modules) {
        String name = "CONFIG_" + option.name;
        if (config.contains(name + "=y")) {
            return Finding.ok(name, "built in: " + option.use);
        }
        if (config.contains(name + "=m")) {
            return module(option, name, modules);
        }
        String text = "missing: " + option.use;
        return option.required ? Finding.problem(name, text, option.cure) : Finding.warning(name, text, option.cure);
    }

    private Finding module(Option option, String name, Optional<String> modules) {
        String use = ": " + option.use;
        if (files.text("/sys/module/" + option.module + "/refcnt").isPresent()) {
            return Finding.ok(name, "module " + option.module + ", loaded" + use);
        }
        if (modules.isPresent() && !modules.get().contains("/" + option.module + ".ko")) {
            String text = "module " + option.module + ", which is not installed for this kernel" + use;
            String cure = "install the package with the modules of Linux " + release;
            return option.required ? Finding.problem(name, text, cure) : Finding.warning(name, text, cure);
        }
        return Finding.ok(name, "module " + option.module + ", loaded when it is needed" + use);
    }

    /** Whether a finding is that queued packets come without their connection. */
    static boolean lacksGlue(Finding finding) {
        return finding.check().equals("CONFIG_" + GLUE) && finding.health() != Health.OK;
    }

    /** Checks whether this is a system that nfkit runs on. */
    static Finding system(String name, String release, String machine) {
        String text = name + " " + release + ", " + machine;
        String lower = machine.toLowerCase(Locale.ROOT);
        if (!name.equals("Linux")) {
            return Finding.problem(
                    "system", text, "nfkit receives packets from Linux; elsewhere use the testkit and recordings");
        }
        if (!lower.equals("amd64") && !lower.equals("x86_64") && !lower.equals("aarch64")) {
            return Finding.problem("system", text, "nfkit has been built for x86-64 and aarch64");
        }
        return Finding.ok("system", text);
    }
}
