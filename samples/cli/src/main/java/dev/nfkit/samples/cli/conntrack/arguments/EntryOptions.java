// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.AddressFamily;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.run.Failure;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/** All options that describe an entry. */
public record EntryOptions(
        TupleArguments tuples,
        MaskArguments masks,
        EntryArguments entries,
        ProtocolArguments protocol,
        ChangeArguments changes,
        NatArguments nat,
        LabelNames names) {
    /** Refuses addresses of two families: no entry has both. */
    void checkFamilies() throws Failure {
        Map<String, InetAddress> addresses = new LinkedHashMap<>(tuples.addresses());
        addresses.putAll(masks.addresses());
        addresses.putAll(nat.addresses());
        AddressFamily family = tuples.family();
        String first = "-f " + family;
        for (Map.Entry<String, InetAddress> address : addresses.entrySet()) {
            AddressFamily own = address.getValue() instanceof Inet6Address ? AddressFamily.IPV6 : AddressFamily.IPV4;
            String words = address.getKey() + " " + address.getValue().getHostAddress();
            if (family.equals(AddressFamily.UNSPEC)) {
                family = own;
                first = words;
            } else if (!family.equals(own)) {
                throw Failure.usage(words + ": not the address family of " + first);
            }
        }
    }
}
