// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.filter.FilterSyntaxException;
import dev.nfkit.filter.PacketFilter;
import dev.nfkit.samples.cli.run.Failure;
import java.util.List;
import picocli.CommandLine.Parameters;

/** The words of a filter. */
public final class FilterArguments {
    @Parameters(
            paramLabel = "FILTER",
            arity = "0..*",
            description =
                    "Only packets that match, such as: udp port 53 and not src 10.0.0.0/8. The language is that of"
                            + " nfkit queue, not of nft. The packets still come to user space; a rule that selects them costs less.")
    private List<String> words = List.of();

    public boolean given() {
        return !words.isEmpty();
    }

    /** The filter; any without words. */
    public PacketFilter filter() throws Failure {
        String text = String.join(" ", words);
        if (text.startsWith("nflog:") || text.startsWith("nfqueue:")) {
            throw Failure.usage(words.get(0) + " is no filter; the place is given by -i " + words.get(0));
        }
        try {
            return PacketFilter.parse(text);
        } catch (FilterSyntaxException e) {
            throw Failure.usage(
                    "FILTER, in the language of nfkit queue, " + e.getMessage() + FilterLanguage.other(text), e);
        }
    }
}
