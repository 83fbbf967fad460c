// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.Hook;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.List;

/** Hooks of chains and flow tables as bytes. */
final class ChainHooks {
    private ChainHooks() {}

    /** A hook without the chain's type, which is an attribute of its own. */
    record Place(Hook hook, int priority, List<String> devices) {
        static final Place NONE = new Place(Hook.NETDEV_INGRESS, 0, List.of());

        ChainHook hook(String type) {
            return new ChainHook(new ChainType(type), hook, new ChainPriority(priority), devices);
        }
    }

    static void write(MessageWriter writer, ChainHook hook) {
        int nest = writer.beginNest(Nfta.CHAIN_HOOK);
        writer.be32(Nfta.HOOK_HOOKNUM, hook.hook().number())
                .be32(Nfta.HOOK_PRIORITY, hook.priority().value());
        List<String> devices = hook.devices();
        if (devices.size() == 1) { // what kernels before 5.5 know
            writer.string(Nfta.HOOK_DEV, devices.get(0));
        } else if (!devices.isEmpty()) {
            int list = writer.beginNest(Nfta.HOOK_DEVS);
            devices.forEach(device -> writer.string(Nfta.DEVICE_NAME, device));
            writer.endNest(list);
        }
        writer.endNest(nest);
    }

    static Place read(AttributeCursor cursor, int family) throws MalformedMessageException {
        int number = 0;
        int priority = 0;
        List<String> devices = new ArrayList<>();
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.HOOK_HOOKNUM -> number = (int) cursor.be32();
                case Nfta.HOOK_PRIORITY -> priority = (int) cursor.be32();
                case Nfta.HOOK_DEV -> devices = new ArrayList<>(List.of(device(cursor)));
                case Nfta.HOOK_DEVS -> devices = devices(Read.nest(cursor, "NFTA_HOOK_DEVS"));
                default -> {}
            }
        }
        if (number < 0 || number > 0xff) {
            throw new MalformedMessageException(
                    "NFTA_HOOK_HOOKNUM", 0, "a hook from 0 to 255", Integer.toString(number));
        }
        return new Place(Hook.of(AddressFamily.of(family), number), priority, devices);
    }

    /** A flow table's hook has other numbers, and no single device. */
    static Place readFlowTable(AttributeCursor cursor) throws MalformedMessageException {
        int priority = 0;
        List<String> devices = List.of();
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.FLOWTABLE_HOOK_PRIORITY -> priority = (int) cursor.be32();
                case Nfta.FLOWTABLE_HOOK_DEVS -> devices = devices(Read.nest(cursor, "NFTA_FLOWTABLE_HOOK_DEVS"));
                default -> {}
            }
        }
        return new Place(Hook.NETDEV_INGRESS, priority, devices);
    }

    private static List<String> devices(AttributeCursor list) throws MalformedMessageException {
        List<String> devices = new ArrayList<>();
        while (list.next()) {
            devices.add(device(list));
        }
        return devices;
    }

    private static String device(AttributeCursor cursor) throws MalformedMessageException {
        String name = cursor.string();
        try {
            return Names.device(name);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("a device's name", 0, "1 to 15 bytes", name.length() + " characters");
        }
    }
}
