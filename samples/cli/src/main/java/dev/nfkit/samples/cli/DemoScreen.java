package dev.nfkit.samples.cli;

import dev.nfkit.PrintableText;
import dev.nfkit.netfilter.Statistics;

/** What the demo says. */
final class DemoScreen {
    private DemoScreen() {}

    static void title() {
        System.out.println("nfkit demo: from a firewall rule to a capture file");
        System.out.println();
    }

    static void room(String way) {
        System.out.println("1. A network namespace of its own, by \"" + way + "\": nothing outside it changes.");
    }

    static void rules(String tool) {
        System.out.println("2. Rules in it that log to NFLOG group " + DemoRoom.GROUP + ", by " + tool + ", such as");
        System.out.println(
                tool.equals("nft")
                        ? "     nft add rule inet nfkit_demo in meta l4proto tcp log prefix '\"web \"' group 30"
                        : "     iptables -A INPUT -p tcp -j NFLOG --nflog-group 30 --nflog-prefix 'web '");
    }

    static void traffic() {
        System.out.println(
                "3. Pings, a query by UDP and a page by TCP, over IPv4 and IPv6. What the kernel logs of it:");
        System.out.println();
    }

    static void recorded(String reason) {
        System.out.println("This machine does not let the demo make a network namespace with a rule in it:");
        System.out.println("  " + PrintableText.of(reason));
        System.out.println("It takes root, or \"unshare -Urn\", and iptables or nft.");
        System.out.println();
        System.out.println("So here is what a kernel sent on another machine, recorded, through the same code:");
        System.out.println();
    }

    static void summary(long packets, Statistics statistics, String file) {
        System.out.println();
        System.out.println(packets + " packets in " + statistics.datagrams() + " datagrams, "
                + Summary.dropped(statistics) + " dropped, " + statistics.malformed() + " malformed, "
                + statistics.truncatedPackets() + " cut.");
        System.out.println("They are in " + file + " too. Read it with");
        System.out.println("     tshark -r " + file);
        System.out.println("     tcpdump -nr " + file);
        System.out.println("Your own rules:  samples/nfkit capture -i nflog:GROUP -w FILE   (as root)");
    }
}
