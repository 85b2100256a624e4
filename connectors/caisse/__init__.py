"""What every Caisse des écoles is told and asked, whatever dialect its software speaks; pseudonyms in place of persons."""
