// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.Bytes;
import dev.nfkit.anonymize.LeaksKt;
import dev.nfkit.anonymize.Planted;
import dev.nfkit.anonymize.PlantedMessagesKt;
import dev.nfkit.anonymize.TraceAnonymizer;
import dev.nfkit.trace.TraceEntry;
import dev.nfkit.trace.TraceKind;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Secrets in a recording do not survive the anonymizer. */
class SecretsFuzzTest {
    private static final int NETFILTER = 12;
    private static final int SEEDS = 48;
    private static final int SEED_LENGTH = 160;
    private static final byte[][] KEYS = {key(1), key(2), key(3)};

    private static byte[] key(int number) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) number);
        return key;
    }

    /**
     * The input chooses the messages, complete or truncated, and the places of secrets in them. A run of a secret that
     * survives by chance does not survive under three keys.
     */
    @MethodSource("seeds")
    @FuzzTest
    void secrets(byte[] data) {
        Input input = new Input(data);
        ByteOrder order = input.order();
        int kind = input.u8();
        Choices choices = new Choices(input, data);
        Planted datagram = new Planted(choices, order);
        for (int messages = kind & 1; messages >= 0; messages--) {
            PlantedMessagesKt.anyMessage(datagram);
        }
        if ((kind & 0xe) == 0) {
            datagram.secret(choices.nextInt(60));
        }
        byte[] whole = datagram.bytes();
        boolean cut = (kind & 0x30) == 0x30;
        byte[] bytes = cut ? Arrays.copyOf(whole, 1 + choices.nextInt(whole.length)) : whole;
        int protocol = (kind & 0xc0) == 0xc0 ? 0 : NETFILTER;
        TraceEntry entry = new TraceEntry(TraceKind.FROM_KERNEL, 1, protocol, Bytes.of(bytes), cut, null);
        List<String> leaks = List.of();
        for (byte[] key : KEYS) {
            byte[] result = TraceAnonymizer.withKey(order, key)
                    .anonymize(entry)
                    .datagram()
                    .toArray();
            leaks = LeaksKt.leaks(bytes, result, datagram.getSecrets());
            if (result.length != bytes.length) {
                throw new AssertionError(bytes.length + " bytes became " + result.length);
            }
            if (leaks.isEmpty()) {
                return;
            }
        }
        throw new AssertionError(leaks + " survive in " + Bytes.of(bytes).toHex());
    }

    static Stream<byte[]> seeds() {
        Random random = new Random(80);
        return Stream.generate(() -> {
                    byte[] seed = new byte[SEED_LENGTH];
                    random.nextBytes(seed);
                    return seed;
                })
                .limit(SEEDS);
    }
}
