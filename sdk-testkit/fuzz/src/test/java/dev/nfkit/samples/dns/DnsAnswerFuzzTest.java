// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.testkit.SampleDns;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import org.xbill.DNS.Message;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;

/** A DNS answer is read or malformed; what it allows is about an allowed name, and no more than it contains. */
class DnsAnswerFuzzTest {
    private static final AllowedNames ALLOWED = allowed();

    private static AllowedNames allowed() {
        try {
            return AllowedNames.of(List.of("www.example", "*.x"));
        } catch (TextParseException e) {
            throw new IllegalStateException(e);
        }
    }

    /** DNS messages. */
    @MethodSource("messages")
    @FuzzTest
    void addresses(byte[] data) throws IOException {
        Map<InetAddress, Long> addresses;
        try {
            addresses = DnsAnswer.addresses(data, ALLOWED);
        } catch (IOException e) {
            return;
        }
        if (addresses.isEmpty()) {
            return;
        }
        Message message = new Message(data);
        if (!ALLOWED.contain(message.getQuestion().getName())) {
            throw new AssertionError("the question is about a name that is not allowed");
        }
        if (addresses.size() > message.getSection(Section.ANSWER).size()) {
            throw new AssertionError("there are more addresses than records");
        }
        addresses.forEach((address, seconds) -> {
            if (seconds < 0 || seconds > Integer.MAX_VALUE) {
                throw new AssertionError(address + " has a time of " + seconds + " s");
            }
        });
    }

    static Stream<byte[]> messages() {
        return Stream.of(
                SampleDns.answer(1, "www.example", 60, "192.0.2.1"),
                SampleDns.answer(2, "a.x", 60, "2001:db8::1", "2001:db8::2"),
                SampleDns.answer(3, "elsewhere", 60, "192.0.2.1"),
                SampleDns.query(4, "www.example", SampleDns.A));
    }
}
