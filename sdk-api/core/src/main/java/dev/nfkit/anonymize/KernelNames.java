// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * The names of the kernel's own connection tracking helpers ({@code net/netfilter/nf_conntrack_*.c}) and of the functions
 * that expectations call. A helper of several ports appends a number to its name.
 */
final class KernelNames {
    private static final Set<String> NAMES = Set.of(
            "amanda",
            "callforwarding",
            "ftp",
            "H.245",
            "irc",
            "nat-follow-master",
            "netbios-ns",
            "pptp",
            "Q.931",
            "RAS",
            "sane",
            "sip",
            "snmp",
            "snmp_trap",
            "tftp");

    private static final Pattern NUMBER = Pattern.compile("-\\d{1,5}$");

    private KernelNames() {}

    static boolean known(String name) {
        return NAMES.contains(name) || NAMES.contains(NUMBER.matcher(name).replaceFirst(""));
    }
}
