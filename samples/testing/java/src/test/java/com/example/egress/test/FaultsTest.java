package com.example.egress.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.example.egress.EgressFirewall;
import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.SamplePackets;
import dev.nfkit.testkit.fault.Fault;
import dev.nfkit.testkit.fault.FaultPlan;
import dev.nfkit.testkit.fault.FaultRuns;
import dev.nfkit.testkit.fault.FaultyTransport;
import dev.nfkit.testkit.junit.FakeKernel;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private static final Set<Integer> PORTS = Set.of(53);

    @Test
    void reportsWhyItCannotStart(@FakeKernel FakeNetfilter kernel) {
        FaultPlan plan = FaultPlan.none().at(1, new Fault.RefusedAcknowledgement(Errno.EPERM));
        KernelRefusedException refused = assertThrows(
                KernelRefusedException.class, () -> new EgressFirewall(new FaultyTransport(kernel, plan), PORTS));
        assertEquals(Errno.EPERM, refused.errno());
    }

    @Test
    void noPacketIsLeftWithoutAVerdictWhateverHappens() {
        FaultRuns.of(200).check(run -> {
            FakeNetfilter kernel = new FakeNetfilter();
            int packets = 0;
            try (EgressFirewall firewall = new EgressFirewall(run.over(kernel), PORTS)) {
                while (packets < 20) {
                    kernel.nfqueue().enqueue(EgressFirewall.QUEUE, SamplePackets.udp4());
                    packets++;
                    firewall.poll(Duration.ofMillis(10));
                }
            } catch (NetlinkException e) {
                // The firewall fails with the reason: the application handles it.
            }
            assertEquals(packets, kernel.nfqueue().decided().size());
        });
    }
}
