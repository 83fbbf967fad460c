// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.text.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints rulesets as {@code nft -j list ruleset} does, and changes as its commands. */
final class RulesetJson {
    private RulesetJson() {}

    static String print(List<TableContents> tables) {
        List<String> objects = new ArrayList<>();
        tables.forEach(table -> add(table, objects));
        return document(objects);
    }

    /** The changes of a batch, as {@code nft -j -f} reads them. */
    static String commands(List<Change> changes) {
        return document(changes.stream().map(RulesetJson::command).toList());
    }

    private static String command(Change change) {
        RulesetObject object = change.object();
        String printed;
        if (object instanceof SetElements elements) {
            printed = ObjectJson.elementsOfCommand(elements);
        } else if (change.removes() || change.action() == Change.Action.FLUSH) {
            printed = ObjectJson.key(object);
        } else {
            printed = object instanceof Rule rule ? ObjectJson.placed(rule) : ObjectJson.of(object);
        }
        return Json.object(change.action().name().toLowerCase(Locale.ROOT), printed);
    }

    private static String document(List<String> objects) {
        List<String> all = new ArrayList<>();
        all.add(Json.object("metainfo", Json.object("release_name", "\"nfkit\"", "json_schema_version", "1")));
        all.addAll(objects);
        return Json.object("nftables", Json.array(all));
    }

    private static void add(TableContents contents, List<String> objects) {
        NamedContents named = new NamedContents(contents);
        objects.add(ObjectJson.of(contents.table()));
        contents.objects().forEach(object -> objects.add(ObjectJson.of(object)));
        contents.sets().forEach(set -> objects.add(ObjectJson.set(set, named.elements(set))));
        contents.flowTables().forEach(flowTable -> objects.add(ObjectJson.of(flowTable)));
        contents.chains().forEach(chain -> objects.add(ObjectJson.of(chain)));
        for (Chain chain : contents.chains()) {
            named.rules(chain).forEach(rule -> objects.add(ObjectJson.of(rule, named)));
        }
    }

    /** An event, as {@code nft -j monitor} prints it. */
    static String event(NftablesEvent event) {
        if (event instanceof NftablesEvent.Added added) {
            boolean inserted = added.object() instanceof Rule && added.inserted();
            return Json.object(inserted ? "insert" : "add", ObjectJson.of(added.object()));
        }
        if (event instanceof NftablesEvent.Removed removed) {
            return Json.object("delete", ObjectJson.of(removed.object()));
        }
        if (event instanceof NftablesEvent.Committed committed) {
            Generation generation = committed.generation();
            return Json.object(
                    "generation",
                    Json.object(
                            "id",
                            Long.toString(generation.id()),
                            "process",
                            Long.toString(generation.processId()),
                            "name",
                            Json.string(generation.processName())));
        }
        return Json.object("overrun", Json.object("lost", Long.toString(((NftablesEvent.Overrun) event).lost())));
    }
}
