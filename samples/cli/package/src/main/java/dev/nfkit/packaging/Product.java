// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging;

import dev.nfkit.samples.cli.Main;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;

/** Builds the tree of files that is installed below {@code /usr}, or unpacked anywhere. */
public final class Product {
    private Product() {}

    /**
     * Builds it.
     *
     * @param args the directory with the jars; the directory for intermediate files; the directory with the files that are
     *     copied as they are; the directory to fill; the directory with the commands that train the
     *     caches; the directory of the recordings that they replay
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path jars = Path.of(args[0]);
        Path work = Path.of(args[1]);
        Path files = Path.of(args[2]);
        Tree tree = Tree.empty(Path.of(args[3]));
        tree.copy(files);
        Jdk jdk = Jdk.find();
        CommandLine nfkit = Main.all();
        Path modules = ModulePath.of(jars, OutlineText.all(nfkit), work.resolve("modules"));
        RuntimeImage image = RuntimeImage.link(jdk, modules, tree.at("lib/nfkit"));
        image.train(Path.of(args[4]), Path.of(args[5]), work);

        for (CommandLine command : ManPage.commands(nfkit)) {
            ManPage page = new ManPage(command);
            tree.compressed("share/man/man1/" + page.name() + ".1.gz", page.text());
        }
        tree.text("share/bash-completion/completions/nfkit", AutoComplete.bash("nfkit", nfkit));
        tree.text("share/fish/vendor_completions.d/nfkit.fish", FishCompletion.of(nfkit));
        tree.modes(List.of("bin/nfkit", "lib/nfkit/bin/java", "lib/nfkit/lib/jspawnhelper", "lib/nfkit/permit"));
    }
}
