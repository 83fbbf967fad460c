package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.testkit.junit.FakeKernel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class WatchTest {
    @Test
    void printsThePacketsOfItsRuleOnly(@FakeKernel FakeNetfilter kernel) throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (Watch watch = new Watch(kernel, "tcp dport 443", new PrintStream(printed, true))) {
            for (int port : new int[] {443, 80}) {
                byte[] packet = SamplePackets.tcp("10.9.0.1", 40000, "192.0.2.7", port, 0x02);
                kernel.packets().of(packet).in("eth0").toInput(); // through the rules, as a packet from outside
            }
            assertEquals(1, watch.poll(Duration.ofSeconds(1)));
        }
        assertEquals("10.9.0.1 > 192.0.2.7 40 bytes", printed.toString().strip());
    }
}
