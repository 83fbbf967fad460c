// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.nftables.Ruleset;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Measures rulesets as text: reading and printing 10,000 rules, in one chain or in as many chains as rules. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Thread)
public class RulesetTextBenchmark {
    private static final int RULES = 10_000;

    /** The number of chains. */
    @Param({"1", "10000"})
    public int chains = 1;

    private String text = "";

    @SuppressWarnings("NullAway.Init") // by make()
    private Ruleset ruleset;

    /** Makes the text. */
    @Setup
    public void make() {
        StringBuilder all = new StringBuilder("table inet filter {\n");
        for (int chain = 0; chain < chains; chain++) {
            all.append("chain c").append(chain).append(" {\n");
            for (int i = chain * (RULES / chains); i < (chain + 1) * (RULES / chains); i++) {
                all.append("ip saddr 10.")
                        .append(i >> 8)
                        .append('.')
                        .append(i & 0xff)
                        .append(".1 tcp dport { 22, ")
                        .append(1000 + i)
                        .append(" } counter accept\n");
            }
            all.append("}\n");
        }
        text = all.append("}\n").toString();
        ruleset = Ruleset.parse(text);
    }

    /**
     * Reads the text.
     *
     * @return the rules
     */
    @Benchmark
    public Ruleset parse() {
        return Ruleset.parse(text);
    }

    /**
     * Prints the rules.
     *
     * @return the text
     */
    @Benchmark
    public String print() {
        return ruleset.toText();
    }
}
