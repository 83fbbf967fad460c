// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.demo;

import dev.nfkit.PrintableText;
import dev.nfkit.netfilter.Statistics;
import dev.nfkit.samples.cli.output.Summary;

/** The texts of the demo. */
public final class DemoScreen {
    private DemoScreen() {}

    public static void title() {
        System.out.println("nfkit demo: from a firewall rule to a capture file");
        System.out.println();
    }

    public static void namespace(String way) {
        System.out.println("1. A separate network namespace, by \"" + way + "\": nothing outside it changes.");
    }

    public static void rules(String tool) {
        System.out.println(
                "2. Rules in it that log to NFLOG group " + DemoNamespace.GROUP + ", by " + tool + ", such as");
        System.out.println(
                tool.equals("nft")
                        ? "     nft add rule inet nfkit_demo in meta l4proto tcp log prefix '\"web \"' group 30"
                        : "     iptables -A INPUT -p tcp -j NFLOG --nflog-group 30 --nflog-prefix 'web '");
    }

    public static void traffic() {
        System.out.println("3. Pings, a query by UDP and a page by TCP, over IPv4 and IPv6. The kernel logs:");
        System.out.println();
    }

    public static void recorded(String reason) {
        System.out.println("The demo cannot make a network namespace with a rule in it on this machine:");
        System.out.println("  " + PrintableText.of(reason));
        System.out.println("It needs root, or \"unshare -Ur unshare -n\", and iptables or nft.");
        System.out.println();
        System.out.println("Instead, the same code reads a recording of what a kernel sent on another machine:");
        System.out.println();
    }

    public static void summary(long packets, Statistics statistics, String file) {
        System.out.println();
        System.out.println(packets + " packets in " + statistics.datagrams() + " datagrams, "
                + Summary.dropped(statistics) + " dropped, " + statistics.malformed() + " malformed, "
                + statistics.truncatedPackets() + " cut.");
        System.out.println("They are also in " + file + ". Read it with");
        System.out.println("     tshark -r " + file);
        System.out.println("     tcpdump -nr " + file);
        System.out.println("For your own rules:  samples/nfkit capture -i nflog:GROUP -w FILE   (as root)");
    }
}
