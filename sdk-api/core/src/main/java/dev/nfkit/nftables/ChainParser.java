// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.Hook;
import dev.nfkit.nftables.text.Token;
import dev.nfkit.nftables.text.TokenStream;
import java.util.ArrayList;
import java.util.List;

/** Reads where a base chain is attached, and its policy. */
final class ChainParser {
    private ChainParser() {}

    /** Reads what follows {@code type}, up to the end of the line or a semicolon. */
    static ChainHook hook(TokenStream in, TableId table) {
        Token place = in.peek();
        String word = in.identifier("a type of chains: filter, nat or route");
        ChainType type = in.checked(place, () -> new ChainType(word));
        in.expect("hook");
        Token hookPlace = in.peek();
        String name = in.identifier("the name of a hook");
        Hook hook = in.checked(hookPlace, () -> Families.hook(table.family(), name));
        List<String> devices = devices(in);
        in.expect("priority");
        Token start = in.peek();
        StringBuilder priority = new StringBuilder();
        while (!in.atEnd()) {
            priority.append(in.next().text()).append(' ');
        }
        String text = priority.toString().replaceFirst("^- ", "-").replaceFirst("^([a-z]+)([+-])", "$1 $2 ");
        return in.checked(start, () -> new ChainHook(type, hook, ChainPriority.parse(table.family(), text), devices));
    }

    private static List<String> devices(TokenStream in) {
        List<String> devices = new ArrayList<>();
        if (in.accept("device")) {
            devices.add(in.name("the name of a device"));
        } else if (in.accept("devices")) {
            in.expect("=");
            in.expect("{");
            do {
                devices.add(in.name("the name of a device"));
            } while (in.accept(","));
            in.expect("}");
        }
        return devices;
    }

    static ChainPolicy policy(TokenStream in) {
        if (in.accept("drop")) {
            return ChainPolicy.DROP;
        }
        if (in.accept("accept")) {
            return ChainPolicy.ACCEPT;
        }
        throw in.expected("accept or drop");
    }
}
