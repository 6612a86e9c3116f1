export type PackageLists = {
    build: string[];
    run: string[];
    test: string[];
};
/** @typedef {{ build: string[], run: string[], test: string[] }} PackageLists */
/** @type {{ debian: PackageLists, fedora: PackageLists, alpine: PackageLists, macos: PackageLists }} */
export declare const systemPackages: {
    debian: PackageLists;
    fedora: PackageLists;
    alpine: PackageLists;
    macos: PackageLists;
};
