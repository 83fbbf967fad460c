import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Checks a repository of released artifacts: {@code java Release.java REPOSITORY VERSION ARTIFACT...}. Maven Central
 * requires most of this; the rest is what users rely on.
 */
class Release {
    private static final List<String> EVERY = List.of(".pom", "-cyclonedx.json", "-cyclonedx.xml");
    private static final List<String> OF_JARS = List.of(".jar", "-sources.jar", "-javadoc.jar");
    private static final List<String> METADATA =
            List.of("name", "description", "url", "licenses/license/name", "licenses/license/url",
                    "developers/developer/name", "scm/connection", "scm/developerConnection", "scm/url");
    private static final int JAVA_17 = 61;

    private final List<String> problems = new ArrayList<>();
    private final Path group;
    private final String version;

    Release(Path repository, String version) {
        this.group = repository.resolve("dev/nfkit");
        this.version = version;
    }

    public static void main(String[] arguments) throws Exception {
        Release release = new Release(Path.of(arguments[0]), arguments[1]);
        release.check(new TreeSet<>(List.of(arguments).subList(2, arguments.length)));
        release.problems.forEach(System.out::println);
        if (!release.problems.isEmpty()) {
            System.exit(1);
        }
    }

    private void require(boolean holds, String problem) {
        if (!holds) {
            problems.add(problem);
        }
    }

    private void check(Set<String> artifacts) throws Exception {
        Set<String> deployed = names(group);
        deployed.removeIf(name -> name.startsWith("maven-metadata"));
        require(deployed.equals(artifacts), "deployed is " + deployed + " instead of " + artifacts);
        for (String artifact : deployed) {
            checkArtifact(artifact);
        }
    }

    private static Set<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private void checkArtifact(String artifact) throws Exception {
        Path directory = group.resolve(artifact).resolve(version);
        Set<String> names = names(directory);
        names.removeIf(name -> name.startsWith("maven-metadata"));
        String pomName = names.stream().filter(name -> name.endsWith(".pom")).findFirst().orElseThrow();
        String prefix = pomName.substring(0, pomName.length() - ".pom".length());
        Element pom = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(directory.resolve(pomName).toFile())
                .getDocumentElement();
        boolean jar = !"pom".equals(text(pom, "packaging"));

        Set<String> expected = new TreeSet<>();
        for (String ending : jar ? Stream.concat(EVERY.stream(), OF_JARS.stream()).toList() : EVERY) {
            String name = prefix + ending;
            expected.addAll(List.of(name, name + ".asc", name + ".md5", name + ".sha1"));
            checksum(directory.resolve(name), "MD5", ".md5");
            checksum(directory.resolve(name), "SHA-1", ".sha1");
        }
        require(names.equals(expected), artifact + " has " + names + " instead of " + expected);

        require(child(pom, "parent") == null, artifact + ": the POM needs a parent");
        for (String path : METADATA) {
            String value = text(pom, path);
            require(value != null && !value.isBlank(), artifact + ": the POM has no " + path);
        }
        boolean kotlin = jar && checkJars(artifact, directory.resolve(prefix).toString());
        checkDependencies(artifact, pom, Files.readString(directory.resolve(prefix + "-cyclonedx.json")), kotlin);
    }

    private void checksum(Path file, String algorithm, String ending) throws Exception {
        byte[] digest = MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(file));
        String noted = Files.readString(file.resolveSibling(file.getFileName() + ending)).strip();
        require(noted.equals(HexFormat.of().formatHex(digest)), file + ending + " is another one");
    }

    private void checkDependencies(String artifact, Element pom, String sbom, boolean kotlin) {
        for (Element dependency : children(child(pom, "dependencies"), "dependency")) {
            String owner = text(dependency, "groupId");
            String name = owner + ":" + text(dependency, "artifactId");
            String number = text(dependency, "version");
            String scope = text(dependency, "scope");
            require(number != null, artifact + ": no version of " + name);
            require(
                    owner.equals("dev.nfkit") ? version.equals(number) : !String.valueOf(number).endsWith("-SNAPSHOT"),
                    artifact + ": version " + number + " of " + name);
            require(!"test".equals(scope), artifact + ": " + name + " is of tests only");
            if (!"provided".equals(scope)) {
                require(kotlin || !owner.startsWith("org.jetbrains"), artifact + " brings Kotlin to Java: " + name);
                String purl = "pkg:maven/" + name.replace(':', '/') + "@" + number;
                require(sbom.contains(purl), artifact + ": the SBOM has no " + purl);
            }
        }
        require(sbom.contains("pkg:maven/dev.nfkit/" + artifact + "@" + version), artifact + ": an SBOM of something else");
    }

    /** Whether the jar has Kotlin in it. */
    private boolean checkJars(String artifact, String prefix) throws IOException {
        Map<String, byte[]> classes = new HashMap<>();
        boolean kotlin = false;
        boolean named = false;
        try (ZipFile jar = new ZipFile(prefix + ".jar")) {
            for (var entry : jar.stream().toList()) {
                kotlin |= entry.getName().endsWith(".kotlin_module");
                if (entry.getName().endsWith(".class")) {
                    classes.put(entry.getName(), jar.getInputStream(entry).readAllBytes());
                }
            }
            String manifest = new String(jar.getInputStream(jar.getEntry("META-INF/MANIFEST.MF")).readAllBytes(), UTF_8);
            named = classes.containsKey("module-info.class") || manifest.contains("Automatic-Module-Name: dev.nfkit");
        }
        require(named, artifact + " has no name of a module");
        classes.forEach((name, code) -> require(code[7] == JAVA_17, artifact + ": " + name + " is not for Java 17"));
        try (ZipFile sources = new ZipFile(prefix + "-sources.jar")) {
            Set<String> files = sources.stream().map(Object::toString).collect(Collectors.toSet());
            for (String name : classes.keySet()) {
                String place = name.substring(0, name.lastIndexOf('/') + 1);
                String source = new String(classes.get(name), UTF_8); // its constant pool names the file
                require(
                        files.stream().anyMatch(file -> file.startsWith(place) && source.contains(file.substring(place.length()))),
                        artifact + ": no source of " + name);
            }
        }
        try (ZipFile javadoc = new ZipFile(prefix + "-javadoc.jar")) {
            require(javadoc.getEntry("index.html") != null, artifact + ": no API documentation");
        }
        return kotlin;
    }

    private static List<Element> children(Node parent, String name) {
        if (parent == null) {
            return List.of();
        }
        return IntStream.range(0, parent.getChildNodes().getLength())
                .mapToObj(parent.getChildNodes()::item)
                .filter(node -> node instanceof Element && node.getNodeName().equals(name))
                .map(Element.class::cast)
                .toList();
    }

    private static Element child(Node parent, String name) {
        List<Element> found = children(parent, name);
        return found.isEmpty() ? null : found.get(0);
    }

    private static String text(Element from, String path) {
        Element at = from;
        for (String name : path.split("/")) {
            at = child(at, name);
            if (at == null) {
                return null;
            }
        }
        return at.getTextContent();
    }
}
