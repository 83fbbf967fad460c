package com.example.egress.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.example.egress.EgressFirewall;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.testkit.FakeNetfilter;
import dev.nfkit.testkit.junit.FakeKernel;
import java.io.File;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A Java application has modules, and no Kotlin. */
class NoKotlinTest {
    @Test
    void nfkitIsInNamedModules() {
        List<String> modules = Stream.of(
                        NoKotlinTest.class, EgressFirewall.class, NfqueueSession.class, FakeNetfilter.class, FakeKernel.class)
                .map(type -> type.getModule().getName())
                .toList();
        List<String> expected = List.of(
                "com.example.egress.test", "com.example.egress", "dev.nfkit", "dev.nfkit.testkit", "dev.nfkit.testkit.junit");
        assertEquals(expected, modules);
    }

    @Test
    void noKotlinIsOnAnyPath() {
        String paths = System.getProperty("jdk.module.path", "") + File.pathSeparator
                + System.getProperty("java.class.path", "") + File.pathSeparator
                + System.getProperty("surefire.test.class.path", "");
        List<String> kotlin = Stream.of(paths.split(File.pathSeparator))
                .filter(entry -> new File(entry).getName().contains("kotlin"))
                .toList();
        assertEquals(List.of(), kotlin);
        assertTrue(paths.contains("nfkit-core"), paths);
        assertThrows(ClassNotFoundException.class, () -> Class.forName("kotlin.Unit"));
    }
}
