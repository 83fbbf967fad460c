// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nfkit.fuzz.Budget;
import dev.nfkit.fuzz.Input;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of {@code /proc} as another kernel may write them: a line of another shape is ignored. */
class KernelTextFuzzTest {
    @MethodSource("texts")
    @FuzzTest
    void tables(byte[] data) {
        Budget.within(data, () -> {
            String text = new Input(data).text();
            ProcKernelView.groups(text).forEach(Object::toString);
            ProcKernelView.queues(text).forEach(Object::toString);
            ProcKernelView.drops(text).ifPresent(Object::toString);
            SocketOwners.inode(text, data.length);
            Privilege.decide(text, data.length % 2 == 0).toString();
        });
    }

    static Stream<byte[]> texts() {
        return Stream.of(
                        "   30   4711     0 2 65531  100      1     1\n",
                        "    0   4711     3 2 65531     1     2        7  1\n",
                        "entries  searched drop early_drop insert_failed\n0000000a  00000000 00000002 00000000 00000001\n",
                        "sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode\n00000000 12 110 00000000 0 0 0 2 0 7",
                        "Name:\tjava\nCapEff:\t000001ffffffffff\n")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }
}
