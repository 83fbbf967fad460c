// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** What a DNS answer states about the name that was asked for. */
final class DnsAnswer {
    /** RFC 2181, 8: a larger one is to be treated as zero. */
    private static final long LARGEST_TTL = Integer.MAX_VALUE;

    private DnsAnswer() {}

    /**
     * Reads the addresses of the name in the question, with their times to live in seconds. Aliases are followed, and the
     * shortest time of the chain counts. Records about other names, in whatever section, add nothing.
     *
     * @return empty if the message is no answer, or its question is not about an allowed name
     * @throws IOException if the message is malformed
     */
    static Map<InetAddress, Long> addresses(byte[] bytes, AllowedNames allowed) throws IOException {
        Message message = new Message(bytes);
        List<Record> questions = message.getSection(Section.QUESTION);
        if (!message.getHeader().getFlag(Flags.QR)
                || questions.size() != 1
                || !allowed.contain(questions.get(0).getName())) {
            return Map.of();
        }
        Map<Name, List<Record>> records = message.getSection(Section.ANSWER).stream()
                .filter(record -> record.getDClass() == DClass.IN)
                .collect(Collectors.groupingBy(Record::getName));
        Map<InetAddress, Long> addresses = new HashMap<>();
        Name name = questions.get(0).getName();
        long shortest = LARGEST_TTL;
        while (records.containsKey(name)) {
            long chain = shortest;
            for (Record record : records.remove(name)) { // so that a circle of aliases ends
                long ttl = Math.min(chain, record.getTTL() > LARGEST_TTL ? 0 : record.getTTL());
                if (record instanceof ARecord a) {
                    addresses.merge(a.getAddress(), ttl, Math::max);
                } else if (record instanceof AAAARecord aaaa) {
                    addresses.merge(aaaa.getAddress(), ttl, Math::max);
                } else if (record instanceof CNAMERecord alias) {
                    name = alias.getTarget();
                    shortest = ttl;
                }
            }
        }
        return addresses;
    }
}
