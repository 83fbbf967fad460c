package dev.nfkit;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layers of core: imports go down only, and packages of one layer never import each other. */
class LayersTest {
    private static final String ROOT = "dev.nfkit";

    /** The layer of each package, by its name below the root (the root itself is ""). */
    private static final Map<String, Integer> LAYERS = Map.ofEntries(
            Map.entry("", 0),
            Map.entry("wire", 1),
            Map.entry("packet", 1),
            Map.entry("pcap", 1),
            Map.entry("socket", 2),
            Map.entry("channel", 3),
            Map.entry("conntrack.codec", 3),
            Map.entry("trace", 3),
            Map.entry("conntrack", 4),
            Map.entry("conntrack.table", 5),
            Map.entry("netfilter", 5),
            Map.entry("conntrack.event", 6),
            Map.entry("nflog", 6),
            Map.entry("nfqueue", 6),
            Map.entry("anonymize", 7));

    private static final ArchRule RULE = ArchRuleDefinition.classes()
            .should(new ArchCondition<>("be in a known package and import only from lower layers") {
                @Override
                public void check(JavaClass item, ConditionEvents events) {
                    Integer layer = LAYERS.get(name(item));
                    if (!inside(item) || layer == null) {
                        events.add(SimpleConditionEvent.violated(
                                item, item.getName() + " is in no package of " + LAYERS.keySet()));
                        return;
                    }
                    item.getDirectDependenciesFromSelf().stream()
                            .filter(it -> inside(it.getTargetClass()))
                            .filter(it -> !name(item).equals(name(it.getTargetClass())))
                            .filter(it -> LAYERS.getOrDefault(name(it.getTargetClass()), Integer.MAX_VALUE) >= layer)
                            .forEach(it -> events.add(SimpleConditionEvent.violated(item, it.getDescription())));
                }
            });

    @TempDir
    Path temp;

    @Test
    void corePackagesKeepTheirLayers() {
        JavaClasses core = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
        assertFalse(core.isEmpty(), "no class was checked");
        RULE.check(core);
    }

    @Test
    void lowerLayersMayBeImported() throws IOException {
        assertEquals(List.of(), violations("nflog", "netfilter"));
        assertEquals(List.of(), violations("nflog", "trace"));
        assertEquals(List.of(), violations("trace", "socket"));
        assertEquals(List.of(), violations("trace", "pcap"));
        assertEquals(List.of(), violations("netfilter", "conntrack"));
        assertEquals(List.of(), violations("conntrack", "conntrack.codec"));
        assertEquals(List.of(), violations("conntrack.event", "conntrack.table"));
        assertEquals(List.of(), violations("wire", ""));
        assertEquals(List.of(), violations("wire.detail", "wire"));
    }

    @Test
    void otherImportsAreFound() {
        assertAll(
                () -> assertViolated("wire", "nflog"),
                () -> assertViolated("", "wire"),
                () -> assertViolated("socket", "trace"),
                () -> assertViolated("nflog", "nfqueue"),
                () -> assertViolated("nfqueue", "nflog"),
                () -> assertViolated("wire", "packet"),
                () -> assertViolated("trace", "channel"),
                () -> assertViolated("conntrack.codec", "conntrack"),
                () -> assertViolated("conntrack", "conntrack.table"),
                () -> assertViolated("conntrack.table", "conntrack.event"));
    }

    @Test
    void anUnknownPackageIsFound() throws IOException {
        List<String> found = violations("attic", "wire");
        assertEquals(1, found.size(), found::toString);
        assertTrue(found.get(0).contains("dev.nfkit.attic.From is in no package"), found::toString);
    }

    private void assertViolated(String from, String to) throws IOException {
        List<String> found = violations(from, to);
        assertFalse(found.isEmpty(), () -> from + " may import " + to);
        assertTrue(found.stream().allMatch(it -> it.contains("From") && it.contains("To")), found::toString);
    }

    /** Compiles a class of one package with a field of a class of another, and evaluates the rule on both. */
    private List<String> violations(String from, String to) throws IOException {
        Path home = Files.createTempDirectory(temp, "layers");
        List<String> command = new ArrayList<>(List.of("-proc:none", "-d", home.toString()));
        command.add(source(home, from, "From", pkg(to) + ".To held;"));
        command.add(source(home, to, "To", ""));
        int code = ToolProvider.getSystemJavaCompiler().run(null, null, null, command.toArray(String[]::new));
        assertEquals(0, code, "the fabricated import does not compile");
        return RULE.evaluate(new ClassFileImporter().importPath(home))
                .getFailureReport()
                .getDetails();
    }

    private static String source(Path home, String below, String name, String body) throws IOException {
        String text = "package " + pkg(below) + "; public class " + name + " { " + body + " }";
        return Files.writeString(home.resolve(name + ".java"), text).toString();
    }

    private static String pkg(String name) {
        return name.isEmpty() ? ROOT : ROOT + "." + name;
    }

    private static boolean inside(JavaClass type) {
        return (type.getPackageName() + ".").startsWith(ROOT + ".");
    }

    /** The package's name below the root; for a package that is in no layer, that of the nearest one around it. */
    private static String name(JavaClass type) {
        String below = (type.getPackageName() + ".").substring(ROOT.length() + 1);
        String name = below.isEmpty() ? below : below.substring(0, below.length() - 1);
        while (!LAYERS.containsKey(name) && name.contains(".")) {
            name = name.substring(0, name.lastIndexOf('.'));
        }
        return name;
    }
}
